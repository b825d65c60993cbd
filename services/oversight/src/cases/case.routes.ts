import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { encodeCursor, Page, problems } from '@lexchange/http-server'
import type { IdempotencyTables } from '@lexchange/postgres'
import type { Kysely } from 'kysely'
import type { TSchema } from 'typebox'

import { decodePosition } from '../access-records/index.ts'
import type { AuditTables } from '../audit/index.ts'
import type { FindingTables } from '../findings/index.ts'
import { CaseNotFoundError } from './case.errors.ts'
import { findCase, listCases, listFindingIds, listSteps } from './case.repository.ts'
import { CaseParams, CaseQuery, CaseSummary, EXAMPLE_SUMMARY } from './case.schemas.ts'
import type { CaseTables } from './case.tables.ts'
import type { Case } from './case.ts'

export type CaseRouteTables = CaseTables & FindingTables & AuditTables

export type CaseRouteDeps = {
  db: Kysely<CaseRouteTables & IdempotencyTables>
  now: () => Date
  /** The whole case, with what other slices know of it. */
  answer: TSchema
  findingsOf(db: Kysely<never>, ids: readonly string[]): Promise<unknown[]>
  measuresOf(db: Kysely<never>, caseId: string): Promise<unknown[]>
  nameOf(department: string): string | null
}

const READ = 'oversight:read'

export const caseRoutes: FastifyPluginAsyncTypebox<CaseRouteDeps> = async (app, deps) => {
  const { db, answer } = deps

  app.get(
    '/v1/cases',
    {
      config: { scope: READ },
      schema: {
        operationId: 'listCases',
        tags: ['cases'],
        summary: 'Cases, the latest first',
        querystring: CaseQuery,
        response: {
          200: Page(CaseSummary, { examples: [{ items: [EXAMPLE_SUMMARY], nextCursor: null }] }),
        },
      },
    },
    async ({ query: { cursor, limit = 50, ...filter } }) => {
      const before = cursor === undefined ? undefined : decodePosition(cursor)
      const found = await listCases(db as never, filter, { before, limit: limit + 1 })
      const items = found.slice(0, limit)
      const last = found.length > limit ? items.at(-1) : undefined
      return {
        items: items.map((each) => summaryOf(deps, each)),
        nextCursor: last ? encodeCursor([last.openedAt.toISOString(), last.id]) : null,
      }
    },
  )

  app.get(
    '/v1/cases/:id',
    {
      config: { scope: READ },
      schema: {
        operationId: 'getCase',
        tags: ['cases'],
        summary: 'One case: its findings, its measures, and who did what, when and why',
        params: CaseParams,
        response: { 200: answer, ...problems(404) },
      },
    },
    async ({ params: { id } }, reply) => {
      const subject = await findCase(db as never, id)
      if (!subject) throw new CaseNotFoundError(id)
      return reply
        .header('etag', `"${subject.version}"`)
        .send((await wholeCase(deps, db as never, subject)) as never)
    },
  )
}

export async function wholeCase(deps: CaseRouteDeps, db: Kysely<CaseTables>, subject: Case) {
  const steps = await listSteps(db, subject.id)
  return {
    ...summaryOf(deps, subject),
    findings: await deps.findingsOf(db as never, await listFindingIds(db, subject.id)),
    measures: await deps.measuresOf(db as never, subject.id),
    history: steps.map((step) => ({ ...step, at: step.at.toISOString() })),
  }
}

function summaryOf({ nameOf }: CaseRouteDeps, { openedAt, updatedAt, ...rest }: Case) {
  return {
    ...rest,
    departmentName: nameOf(rest.department),
    openedAt: openedAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  }
}
