import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AccessRecord } from '@lexchange/contracts'
import { decodeCursor, encodeCursor, Page, problems, requestedTime } from '@lexchange/http-server'
import type { Kysely } from 'kysely'

import { TimeRangeInvalidError } from './access-record.errors.ts'
import { type RecordPosition, readChain, searchRecords } from './access-record.repository.ts'
import {
  ChainQuery,
  EXAMPLE_CHAIN,
  EXAMPLE_RECORD,
  RecordAnswer,
  RecordQuery,
} from './access-record.schemas.ts'
import type { AccessRecordTables } from './access-record.tables.ts'

const SCOPE = 'oversight:read'

export const accessRecordRoutes: FastifyPluginAsyncTypebox<{
  db: Kysely<AccessRecordTables>
}> = async (app, { db }) => {
  app.get(
    '/v1/access-records',
    {
      config: { scope: SCOPE },
      schema: {
        operationId: 'searchAccessRecords',
        tags: ['access records'],
        summary: 'Who looked at what, when, why and under which agreement; the latest first',
        querystring: RecordQuery,
        response: {
          200: Page(RecordAnswer, { examples: [{ items: [EXAMPLE_RECORD], nextCursor: null }] }),
          ...problems(422),
        },
      },
    },
    async ({ query: { cursor, limit = 50, from, to, ...filter } }) => {
      const span = spanFrom(from, to)
      const before = cursor === undefined ? undefined : decodePosition(cursor)
      const found = await searchRecords(db, { ...filter, ...span }, { before, limit: limit + 1 })
      return pageOfRecords(found, limit, answerOf)
    },
  )

  app.get(
    '/v1/access-records/chain',
    {
      config: { scope: SCOPE },
      schema: {
        operationId: 'readAccessChain',
        tags: ['access records'],
        summary: 'The records of one source as it wrote them, each with the hash of the one before',
        querystring: ChainQuery,
        response: {
          200: Page(AccessRecord, { examples: [{ items: [EXAMPLE_CHAIN], nextCursor: null }] }),
        },
      },
    },
    async ({ query: { cursor, limit = 50, source } }) => {
      const after = cursor === undefined ? 0 : sequenceOf(cursor)
      const found = await readChain(db, source, after, limit + 1)
      const items = found.slice(0, limit)
      const last = found.length > limit ? items.at(-1) : undefined
      return { items, nextCursor: last ? encodeCursor([String(last.sequence)]) : null }
    },
  )
}

function answerOf({ source: _source, ...record }: AccessRecord) {
  const { sequence: _s, previous: _p, hash: _h, region: _r, ...rest } = record
  return { ...rest, fields: [...new Set([...record.matched, ...record.disclosed])] }
}

/** @throws TimeRangeInvalidError */
export function spanFrom(from: string | undefined, to: string | undefined) {
  const span = {
    from: from === undefined ? undefined : requestedTime('/from', from),
    to: to === undefined ? undefined : requestedTime('/to', to),
  }
  if (span.from && span.to && span.to <= span.from) throw new TimeRangeInvalidError()
  return span
}

/** A page out of one record more than it holds. */
export function pageOfRecords<Item>(
  found: readonly AccessRecord[],
  limit: number,
  answer: (record: AccessRecord) => Item,
) {
  const records = found.slice(0, limit)
  const last = found.length > limit ? records.at(-1) : undefined
  return {
    items: records.map(answer),
    nextCursor: last ? encodeCursor([last.at, last.id]) : null,
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** A forged cursor is refused like any that is no cursor of ours. */
export function decodePosition(cursor: string): RecordPosition {
  const [time = '', id = ''] = decodeCursor(cursor, 2)
  const at = new Date(time)
  if (Number.isNaN(at.getTime()) || !UUID.test(id)) decodeCursor('', 2)
  return { at, id }
}

function sequenceOf(cursor: string): number {
  const sequence = Number(decodeCursor(cursor, 1)[0])
  if (!Number.isSafeInteger(sequence) || sequence < 0) decodeCursor('', 1)
  return sequence
}
