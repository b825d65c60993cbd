import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { decodeCursor, encodeCursor, Page, PageQuery } from '@lexchange/http-server'
import type { Kysely } from 'kysely'
import { type Static, Type } from 'typebox'

import type { EntryTables } from '../entries/index.ts'
import { listHeldEvents, listParkedEvents } from './parked-event.repository.ts'
import { EXAMPLE_HELD, EXAMPLE_PARKED, HeldEvent, ParkedEvent } from './parked-event.schemas.ts'

export type ParkedEventDeps = { db: Kysely<EntryTables> }

const SCOPE = 'projection:read'
const Query = Type.Object(PageQuery, { additionalProperties: false })

export const parkedEventRoutes: FastifyPluginAsyncTypebox<ParkedEventDeps> = async (
  app,
  { db },
) => {
  app.get(
    '/v1/parked-events',
    {
      config: { scope: SCOPE },
      schema: {
        operationId: 'listParkedEvents',
        tags: ['events'],
        summary: 'Events that could not be applied, and why; oldest first',
        querystring: Query,
        response: {
          200: Page(ParkedEvent, { examples: [{ items: [EXAMPLE_PARKED], nextCursor: null }] }),
        },
      },
    },
    async ({ query }) =>
      pageOf(
        query,
        1,
        ([id]) => ({ id: numberOf(id) }),
        ({ id }) => [id],
        (after, limit) => listParkedEvents(db, after?.id ?? '0', limit),
      ),
  )

  app.get(
    '/v1/held-events',
    {
      config: { scope: SCOPE },
      schema: {
        operationId: 'listHeldEvents',
        tags: ['events'],
        summary: 'Events that wait for one that comes before them in their license',
        querystring: Query,
        response: {
          200: Page(HeldEvent, { examples: [{ items: [EXAMPLE_HELD], nextCursor: null }] }),
        },
      },
    },
    async ({ query }) =>
      pageOf(
        query,
        1,
        ([streamSequence]) => ({ streamSequence: numberOf(streamSequence) }),
        ({ streamSequence }) => [String(streamSequence)],
        (after, limit) => listHeldEvents(db, after?.streamSequence ?? '0', limit),
      ),
  )
}

async function pageOf<Item, Position>(
  { cursor, limit = 50 }: Static<typeof Query>,
  length: number,
  decode: (values: string[]) => Position,
  encode: (item: Item) => string[],
  list: (after: Position | undefined, limit: number) => Promise<Item[]>,
) {
  const after = cursor === undefined ? undefined : decode(decodeCursor(cursor, length))
  const found = await list(after, limit + 1)
  const items = found.slice(0, limit)
  const last = found.length > limit ? items.at(-1) : undefined
  return { items, nextCursor: last === undefined ? null : encodeCursor(encode(last)) }
}

function numberOf(value = ''): string {
  if (!/^[0-9]{1,18}$/.test(value)) decodeCursor('', 1)
  return value
}
