import { InsufficientScopeError } from '@lexchange/auth'
import { clientOf } from '@lexchange/http-server'
import type { FastifyRequest } from 'fastify'
import type { Static } from 'typebox'

import { entryRoutes } from './directory.routes.ts'
import { Department, DepartmentChange, NewDepartment } from './directory.schemas.ts'
import { SCOPES } from './entry.ts'
import { toAnswer } from './entry-answer.ts'
import { newDepartment } from './new-entry.ts'

const ADMIN = 'directory:admin'

export const departmentRoutes = entryRoutes<'department'>({
  kind: 'department',
  plural: 'departments',
  schemas: { new: NewDepartment, change: DepartmentChange, answer: Department },
  toEntry: (body: Static<typeof NewDepartment>) => ({ data: newDepartment(body), publicKey: null }),
  toChange: ({ throttle, ...data }: Static<typeof DepartmentChange>) => ({
    data,
    ...(throttle === null && { without: ['throttle'] }),
  }),
  toAnswer,
  readScope: [ADMIN, ...SCOPES.department],
  onlyOf: ownDepartment,
})

/** A department sees itself, whatever of its scopes the token carries; other clients need the admin's. */
function ownDepartment(request: FastifyRequest): string | undefined {
  const { scopes, departmentId } = clientOf(request)
  if (scopes.has(ADMIN)) return undefined
  if (departmentId === undefined) throw new InsufficientScopeError(ADMIN)
  return departmentId
}
