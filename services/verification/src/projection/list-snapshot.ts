import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Projection } from './create-projection.ts'
import { decodeRecord, toSnapshot } from './license-record.ts'
import { readState } from './projection-store.ts'

/** Lines of one piece; other requests are answered between two. */
const PIECE = 200

/** docs/flows/list-snapshot.md */
export function listSnapshot(projection: Projection): {
  position: number
  streamCreated: string
  lines: AsyncGenerator<string>
} {
  const { store, release } = projection.hold()
  // One read transaction for all of it, so that what is committed meanwhile is not seen.
  store.root.resetReadTxn()
  const transaction = store.root.useReadTransaction()
  const { position, streamCreated } = readState(store)

  async function* lines(): AsyncGenerator<string> {
    try {
      let piece = ''
      let count = 0
      for (const { value } of store.licenses.getRange({ transaction })) {
        piece += `${JSON.stringify(toSnapshot(decodeRecord(value)))}\n`
        if (++count % PIECE !== 0) continue
        yield piece
        piece = ''
        await nextTurn()
      }
      if (piece !== '') yield piece
    } finally {
      transaction.done()
      release()
    }
  }
  return { position, streamCreated, lines: lines() }
}
