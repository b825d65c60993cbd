import { LicenseSnapshot } from '@lexchange/contracts'
import { Compile } from 'typebox/compile'

import { park } from './apply-licenses.ts'
import type { Snapshot } from './fetch-snapshot.ts'
import { fromSnapshot } from './license-record.ts'
import { SnapshotLineMalformedError } from './projection.errors.ts'
import { type ProjectionStore, writeState } from './projection-store.ts'
import { writeLicense } from './write-license.ts'

/** The transfer ended before its end. */
export class SnapshotIncompleteError extends Error {
  override readonly name = 'SnapshotIncompleteError'
}

/** Lines of one transaction. */
const BATCH = 2_000

const schema = Compile(LicenseSnapshot)

/**
 * Fills an empty environment from a snapshot, whose lines come in the order of the keys, and marks it
 * complete when it is on the disk. A line that breaks the contract is parked.
 * @returns how many licenses it holds.
 */
export async function loadSnapshot(store: ProjectionStore, snapshot: Snapshot): Promise<number> {
  let lines = 0
  for await (const batch of batchesOf(snapshot.lines, BATCH)) {
    const before = lines
    lines += batch.length
    await store.root.transaction(() => {
      for (const [index, line] of batch.entries())
        loadLine(store, line, snapshot.position, before + index + 1)
    })
  }
  if (snapshot.licenses !== undefined && snapshot.licenses !== lines)
    throw new SnapshotIncompleteError(`${lines} of ${snapshot.licenses} licenses arrived`)
  const { position, streamCreated, takenAt: caughtUpAt } = snapshot
  await store.root.transaction(() =>
    writeState(store, { position, streamCreated, complete: true, caughtUpAt }),
  )
  await store.root.flushed
  return lines
}

function loadLine(store: ProjectionStore, line: string, position: number, number: number): void {
  const license = parse(line)
  if (license) writeLicense(store, fromSnapshot(license))
  else
    park(
      store,
      { subject: 'snapshot', streamSequence: position, text: line },
      new SnapshotLineMalformedError(`Line ${number} of the snapshot is no license`),
      Date.now,
      number,
    )
}

function parse(line: string): LicenseSnapshot | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return schema.Check(value) ? (value as LicenseSnapshot) : undefined
  } catch {
    return undefined
  }
}

export async function* batchesOf(
  lines: AsyncIterable<string>,
  size: number,
): AsyncGenerator<string[]> {
  let batch: string[] = []
  for await (const line of lines) {
    batch.push(line)
    if (batch.length === size) {
      yield batch
      batch = []
    }
  }
  if (batch.length > 0) yield batch
}
