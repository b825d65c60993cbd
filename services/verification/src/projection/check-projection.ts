import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { decodeRecord } from './license-record.ts'
import { openProjection, type ProjectionStore, readState } from './projection-store.ts'
import { decodeStatus } from './status-record.ts'

/** Longest that a check of samples takes, in ms: a restart must not wait for 10 million entries. */
const PATIENCE = 300
const SAMPLE = 200

/**
 * Reads a projection to see whether it is whole; throws what stands against it. A broken LMDB file can
 * end the process, so this runs in one of its own. A file that is shorter than its own header says is
 * read from end to end, and so is one that fits into the time; of larger ones samples are read.
 */
export function checkProjection(folder: string, maxGiB: number, thorough: boolean): void {
  const whole = thorough || isCutOff(join(folder, 'data.mdb'))
  const store = openProjection(folder, { readOnly: true, maxGiB })
  if (!readState(store).complete) throw new Error('it was never loaded to its end')
  const deadline = whole ? Number.POSITIVE_INFINITY : performance.now() + PATIENCE
  for (const [table, decode] of [
    [store.statuses, decodeStatus],
    [store.licenses, decodeRecord],
  ] as const) {
    const until = Math.min(deadline, performance.now() + PATIENCE / 2)
    if (!readAll(table, decode, whole ? deadline : until)) readSamples(table, decode, deadline)
  }
}

type Table = ProjectionStore['licenses']
type Decode = (bytes: Buffer) => unknown

function readAll(table: Table, decode: Decode, until: number): boolean {
  for (const { value } of table.getRange({ snapshot: false })) {
    decode(value)
    if (performance.now() > until) return false
  }
  return true
}

function readSamples(table: Table, decode: Decode, until: number): void {
  const [first] = table.getKeys({ limit: 1 })
  const [last] = table.getKeys({ limit: 1, reverse: true })
  if (!first || !last) return
  do {
    for (const { value } of table.getRange({ start: between(first, last), limit: SAMPLE }))
      decode(value)
  } while (performance.now() < until)
}

/** A key somewhere from the first to the last: what they share, then one byte at random. */
function between(first: Buffer, last: Buffer): Buffer {
  const shared = first.findIndex((byte, index) => byte !== last[index])
  if (shared < 0) return first
  const low = first[shared] ?? 0
  const high = last[shared] ?? 255
  const byte = low + Math.floor(Math.random() * (high - low + 1))
  const tail = Array.from({ length: 4 }, () => Math.floor(48 + Math.random() * 10))
  return Buffer.from([...first.subarray(0, shared), byte, ...tail])
}

const MAGIC = 0xbe_ef_c0_de
const META_SIZE = 4096

/** True where the newer of the two meta pages counts more pages than the file has (mdb.c, MDB_meta). */
function isCutOff(path: string): boolean {
  const { size } = statSync(path)
  const file = openSync(path, 'r')
  try {
    const page = Buffer.alloc(META_SIZE)
    readSync(file, page, 0, META_SIZE, 0)
    const meta = [16, 24].find((offset) => page.readUInt32LE(offset) === MAGIC)
    if (meta === undefined) throw new Error('its first page is not that of an LMDB file')
    const pageSize = page.readUInt32LE(meta + 24)
    const second = Buffer.alloc(META_SIZE)
    readSync(file, second, 0, META_SIZE, pageSize)
    const newer = second.readBigUInt64LE(meta + 128) > page.readBigUInt64LE(meta + 128)
    const lastPage = (newer ? second : page).readBigUInt64LE(meta + 120)
    return BigInt(size) < (lastPage + 1n) * BigInt(pageSize)
  } finally {
    closeSync(file)
  }
}
