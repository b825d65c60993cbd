import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { encodeCursor, Page, problems } from '@lexchange/http-server'
import type { Kysely } from 'kysely'

import { decodePosition } from '../access-records/index.ts'
import { FindingNotFoundError } from './finding.errors.ts'
import { findFindings, listFindings, type StoredFinding } from './finding.repository.ts'
import { EXAMPLE_FINDING, Finding, FindingQuery, IdParams } from './finding.schemas.ts'
import type { FindingTables } from './finding.tables.ts'

const SCOPE = 'oversight:read'

export const findingRoutes: FastifyPluginAsyncTypebox<{ db: Kysely<FindingTables> }> = async (
  app,
  { db },
) => {
  app.get(
    '/v1/findings',
    {
      config: { scope: SCOPE },
      schema: {
        operationId: 'listFindings',
        tags: ['findings'],
        summary: 'What the rules have found, each with its evidence; the latest first',
        querystring: FindingQuery,
        response: {
          200: Page(Finding, { examples: [{ items: [EXAMPLE_FINDING], nextCursor: null }] }),
        },
      },
    },
    async ({ query: { cursor, limit = 50, ...filter } }) => {
      const before = cursor === undefined ? undefined : decodePosition(cursor)
      const found = await listFindings(db, filter, { before, limit: limit + 1 })
      const items = found.slice(0, limit)
      const last = found.length > limit ? items.at(-1) : undefined
      return {
        items: items.map(findingAnswer),
        nextCursor: last ? encodeCursor([last.foundAt.toISOString(), last.id]) : null,
      }
    },
  )

  app.get(
    '/v1/findings/:id',
    {
      config: { scope: SCOPE },
      schema: {
        operationId: 'getFinding',
        tags: ['findings'],
        summary: 'One finding with its evidence',
        params: IdParams,
        response: { 200: Finding, ...problems(404) },
      },
    },
    async ({ params: { id } }) => {
      const [finding] = await findFindings(db, [id])
      if (!finding) throw new FindingNotFoundError(id)
      return findingAnswer(finding)
    },
  )
}

export function findingAnswer({ ruleId, ...finding }: StoredFinding) {
  return {
    ...finding,
    rule: ruleId,
    foundAt: finding.foundAt.toISOString(),
    updatedAt: finding.updatedAt.toISOString(),
  }
}
