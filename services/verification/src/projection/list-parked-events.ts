import { decodeCursor, encodeCursor } from '@lexchange/http-server'

import type { Projection } from './create-projection.ts'
import type { ParkedEvent } from './projection-store.ts'

type Query = { limit?: number; cursor?: string }

/** docs/flows/list-parked-events.md */
export function listParkedEvents(
  projection: Projection,
  { limit = 50, cursor }: Query,
): { items: ParkedEvent[]; nextCursor: string | null } {
  const { store, release } = projection.hold()
  try {
    const after = cursor === undefined ? [] : decodeCursor(cursor, 2).map(Number)
    const start: [number, number] = [after[0] ?? 0, (after[1] ?? -1) + 1]
    const found = [...store.parked.getRange({ start, limit: limit + 1 })]
    const page = found.slice(0, limit)
    const last = found.length > limit ? page.at(-1)?.key.map(String) : undefined
    return {
      items: page.map(({ value }) => value),
      nextCursor: last ? encodeCursor(last) : null,
    }
  } finally {
    release()
  }
}
