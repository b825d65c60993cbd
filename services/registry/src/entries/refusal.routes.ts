import { DomainError } from '@lexchange/problems'
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'

import type { AccessRecorder } from '../access-records/index.ts'
import type { LicenseState } from './license-view.ts'
import { type AskedFor, emptyRecord, readRecord } from './read-record.ts'

const ACTIONS: Readonly<Record<string, 'search' | 'license' | 'history'>> = {
  '/v1/licenses': 'search',
  '/v1/licenses/:id': 'license',
  '/v1/licenses/:id/history': 'history',
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const TYPE = /^[a-z0-9-]{1,64}$/
const REGION = /^[0-9]{6}$/
const HOLDER = /^.{1,18}$/

/**
 * Records what is refused to a client that is known, before it hears of it.
 * @param licenses of requests that were refused after their license was found.
 */
export function recordRefusals(
  app: FastifyInstance,
  recorder: AccessRecorder,
  licenses: WeakMap<object, LicenseState>,
  now: () => Date,
): void {
  app.setErrorHandler(async (error: FastifyError, request) => {
    const action = ACTIONS[request.routeOptions.url ?? '']
    const refused = slugOf(error)
    if (request.client && action && refused !== undefined) {
      const read = { client: request.client, action, now: now(), refused }
      const license = licenses.get(request)
      await recorder.record([
        license ? readRecord(read, license) : emptyRecord(read, askedFor(request)),
      ])
    }
    // The server's handler makes the answer.
    throw error
  })
}

/** Undefined for failures, which refuse nothing. */
function slugOf(error: FastifyError): string | undefined {
  if (error.validation) return 'request-invalid'
  if (!(error instanceof DomainError) || error.kind === 'unavailable') return undefined
  return error.code
}

/** What was sent may not have been checked yet. */
function askedFor({ params, query }: FastifyRequest): AskedFor {
  const { id } = (params ?? {}) as Record<string, unknown>
  const { type, region, holder } = (query ?? {}) as Record<string, unknown>
  const fitting = (value: unknown, pattern: RegExp) =>
    typeof value === 'string' && pattern.test(value) ? value : undefined
  return {
    id: fitting(id, UUID),
    type: fitting(type, TYPE),
    region: fitting(region, REGION),
    holder: fitting(holder, HOLDER),
  }
}
