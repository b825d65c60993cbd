import { SealedSnapshot } from '@lexchange/contracts'
import { Compile } from 'typebox/compile'

import type { Snapshot } from './fetch-snapshot.ts'
import { markSealed } from './license-record.ts'
import { batchesOf, SnapshotIncompleteError } from './load-snapshot.ts'
import { type ProjectionStore, writeSealedState } from './projection-store.ts'
import { fromSealedSnapshot } from './sealed-record.ts'
import { idBytes } from './status-record.ts'
import { findRecord, writeLicense } from './write-license.ts'

/** Lines of one transaction. */
const BATCH = 1_000

const schema = Compile(SealedSnapshot)

/**
 * Takes all sealed claims from a snapshot, whose lines come in the order of ids, in place of those that
 * are there; they can be read meanwhile.
 * @param mark also marks versions of licenses, for a projection from before there were sealed claims.
 * @returns of how many licenses it holds some.
 */
export async function loadSealedSnapshot(
  store: ProjectionStore,
  snapshot: Snapshot,
  mark: boolean,
): Promise<number> {
  let lines = 0
  let before: Buffer = Buffer.alloc(0)
  for await (const batch of batchesOf(snapshot.lines, BATCH)) {
    lines += batch.length
    await store.root.transaction(() => {
      for (const text of batch) {
        const line = parse(text)
        const key = idBytes(line.licenseId)
        removeBetween(store, before, key)
        store.sealed.put(key, fromSealedSnapshot(line))
        if (mark) markLicense(store, key, line)
        before = key
      }
    })
  }
  if (snapshot.licenses !== undefined && snapshot.licenses !== lines)
    throw new SnapshotIncompleteError(`${lines} of ${snapshot.licenses} sealed claims arrived`)
  const { position, streamCreated } = snapshot
  await store.root.transaction(() => {
    removeBetween(store, before, undefined)
    writeSealedState(store, { position, streamCreated, complete: true })
  })
  await store.root.flushed
  return lines
}

function removeBetween(store: ProjectionStore, after: Buffer, before: Buffer | undefined): void {
  const range = { start: Buffer.concat([after, Buffer.alloc(1)]), ...(before && { end: before }) }
  for (const key of [...store.sealed.getKeys(range)]) store.sealed.remove(key)
}

function markLicense(store: ProjectionStore, id: Buffer, { versions }: SealedSnapshot): void {
  const place = store.ids.get(id)
  const record = place && findRecord(store, place)
  const sealed = versions.map(({ version }) => version)
  const marked = record && markSealed(record, sealed)
  if (marked) writeLicense(store, marked)
}

/** The text of a malformed line is kept nowhere: it may hold keys and claims. */
function parse(text: string): SealedSnapshot {
  try {
    const value: unknown = JSON.parse(text)
    if (schema.Check(value)) return value as SealedSnapshot
  } catch {
    // What a parser says of its input holds a part of it.
  }
  throw new SnapshotIncompleteError('A line is not of sealed claims')
}
