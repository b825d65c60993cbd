import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  type Answer,
  CommandHeaders,
  clientOf,
  commandKeyOf,
  problems,
  refusalOf,
  sendAnswer,
  traceparentOf,
} from '@lexchange/http-server'
import { type IdempotencyTables, type OutboxTables, runOnce } from '@lexchange/postgres'
import type { Kysely } from 'kysely'

import type { AuditTables } from '../audit/index.ts'
import { CaseParams, type CaseTables } from '../cases/index.ts'
import type { Directory } from '../directory/index.ts'
import type { StoredMeasure } from './measure.repository.ts'
import { EXAMPLE_MEASURE, MeasureAnswer, NewMeasure } from './measure.schemas.ts'
import type { MeasureTables } from './measure.tables.ts'
import { isInForce } from './measure.ts'
import { orderMeasure } from './order-measure.ts'

type Tables = MeasureTables & CaseTables & AuditTables & OutboxTables

export type MeasureDeps = {
  db: Kysely<Tables & IdempotencyTables>
  directory: Directory
  now: () => Date
}

export const measureRoutes: FastifyPluginAsyncTypebox<MeasureDeps> = async (
  app,
  { db, directory, now },
) => {
  app.post(
    '/v1/cases/:id/measures',
    {
      config: { scope: 'oversight:act' },
      schema: {
        operationId: 'orderMeasure',
        tags: ['cases'],
        summary: 'Warn, throttle or suspend the department of a case, or end one of its agreements',
        params: CaseParams,
        headers: CommandHeaders,
        body: NewMeasure,
        response: {
          201: { ...MeasureAnswer, examples: [EXAMPLE_MEASURE] },
          ...problems(404, 409, 422),
        },
      },
    },
    async (request, reply) => {
      const at = now()
      const act = { by: clientOf(request).clientId, now: at, traceparent: traceparentOf(request) }
      const once = await runOnce<Tables, Answer>(
        db as never,
        commandKeyOf(request),
        async (trx) => {
          const { id } = request.params
          const measure = await orderMeasure(trx, id, request.body, directory.findAgreement, act)
          return { status: 201, headers: {}, body: measureAnswer(measure, directory) }
        },
        refusalOf(request),
      )
      return sendAnswer(reply, once) as never
    },
  )
}

export function measureAnswer(
  { departmentId, orderedAt, ...measure }: StoredMeasure,
  directory: Directory,
) {
  const department = directory.findDepartment(departmentId)
  const agreement = directory.findAgreement(measure.agreementId ?? '')
  return {
    ...measure,
    department: departmentId,
    orderedAt: orderedAt.toISOString(),
    inForce: isInForce(measure, { department, agreement }),
  }
}
