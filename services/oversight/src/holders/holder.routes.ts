import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Client } from '@lexchange/auth'
import type { AccessRecord } from '@lexchange/contracts'
import { clientOf, Page, problems } from '@lexchange/http-server'
import type { Kysely } from 'kysely'

import {
  type AccessRecordTables,
  decodePosition,
  pageOfRecords,
  spanFrom,
} from '../access-records/index.ts'
import type { Directory } from '../directory/index.ts'
import { NotTheHolderError } from './holder.errors.ts'
import { EXAMPLE_HOLDER_RECORD, HolderParams, HolderQuery, HolderRecord } from './holder.schemas.ts'
import { listHolderRecords } from './holder-record.repository.ts'
import type { HoldTables } from './secrecy-hold.tables.ts'

export type HolderDeps = {
  db: Kysely<AccessRecordTables & HoldTables>
  directory: Directory
  now: () => Date
}

export const holderRoutes: FastifyPluginAsyncTypebox<HolderDeps> = async (
  app,
  { db, directory, now },
) => {
  app.get(
    '/v1/holders/:id/access-records',
    {
      config: { scope: ['holder:read', 'oversight:read'] },
      schema: {
        operationId: 'listHolderRecords',
        tags: ['holders'],
        summary: 'Who looked at the licenses of a holder, when, for what and by which right',
        params: HolderParams,
        querystring: HolderQuery,
        response: {
          200: Page(HolderRecord, {
            examples: [{ items: [EXAMPLE_HOLDER_RECORD], nextCursor: null }],
          }),
          ...problems(422),
        },
      },
    },
    async (request) => {
      const holder = request.params.id
      requireHolder(clientOf(request), holder)
      const { cursor, limit = 50, from, to } = request.query
      const span = { holder, ...spanFrom(from, to) }
      const before = cursor === undefined ? undefined : decodePosition(cursor)
      const found = await listHolderRecords(db, span, { before, limit: limit + 1 }, now())
      return pageOfRecords(found, limit, (record) => answerOf(record, directory))
    },
  )
}

function requireHolder({ clientId, kind, holderUscc, scopes }: Client, holder: string): void {
  if (scopes.has('oversight:read')) return
  if (kind !== 'holder' || holderUscc !== holder) throw new NotTheHolderError(clientId, holder)
}

/** Without the caseRef, which is the department's own affair. */
function answerOf(record: AccessRecord, directory: Directory) {
  const { department, agreement } = record
  return {
    ...{ id: record.id, at: record.at, action: record.action, license: record.license },
    department:
      department === null
        ? null
        : { id: department, name: directory.findDepartment(department)?.name ?? null },
    purpose: record.purpose,
    fields: [...new Set([...record.matched, ...record.disclosed])],
    agreement,
    legalBasis: directory.findAgreement(agreement ?? '')?.legalBasis ?? null,
    ...{ outcome: record.outcome, refused: record.refused },
  }
}
