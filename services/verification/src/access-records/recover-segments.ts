import { open, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import {
  accessRecordOf,
  type ChainHead,
  EMPTY_CHAIN,
  findChainFault,
} from '@lexchange/access-records'
import type { AccessRecord, AccessRow } from '@lexchange/contracts'
import type { Logger } from 'pino'

import { listSegments, parseHeader, syncFolder } from './segment-files.ts'

const NEWLINE = 0x0a

/** Where a chain stands, and which attempt at the next segment is the first one free. */
export type Recovered = { head: ChainHead; attempt: number }

/**
 * Finds where the chain of a slot stands, from its last segment: every record in it is checked. What
 * follows the last whole one was never acknowledged; it is put aside.
 * @throws Error where it was not a write that ended too early: who was answered by it is not forgotten.
 */
export async function recoverSegments(
  folder: string,
  source: string,
  log: Logger,
): Promise<Recovered> {
  await removeDrafts(folder)
  const segments = await listSegments(folder)
  for (const { path, attempt } of segments.reverse()) {
    const bytes = await readFile(path)
    const found = scanSegment(bytes, source)
    if (!found) {
      log.error({ path }, 'segment of access records has no header and is put aside')
      await rename(path, `${path}.broken`)
      continue
    }
    if (isWhole(bytes.subarray(found.whole)))
      throw new Error(
        `${path}, byte ${found.whole}: a line that is whole, but not the next record. It was changed, or a newer version wrote it`,
      )
    const torn = tornEnd(bytes.subarray(found.whole))
    if (torn.length > 0) {
      log.warn({ path, bytes: torn.length }, 'torn end of access records put aside')
      await writeFile(`${path}.torn-${Date.now()}`, torn)
    }
    await keep(path, bytes.subarray(0, found.whole))
    await syncFolder(folder)
    return { head: found.head, attempt: found.records === 0 ? attempt + 1 : 0 }
  }
  if (segments.length > 0) throw new Error(`no segment of ${folder} has a header`)
  return { head: EMPTY_CHAIN, attempt: 0 }
}

/** Whether a line begins with these bytes that is JSON; what a write has left that ended too early is none. */
function isWhole(bytes: Buffer): boolean {
  const end = bytes.indexOf(NEWLINE)
  if (end < 0) return false
  try {
    JSON.parse(bytes.toString('utf8', 0, end))
    return true
  } catch {
    return false
  }
}

/** What follows the last whole record, without the zeros that were reserved. */
function tornEnd(bytes: Buffer): Buffer {
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === 0) end--
  return bytes.subarray(0, end)
}

/** How many bytes of a segment are whole, and where its chain stands there; undefined without a header. */
function scanSegment(bytes: Buffer, source: string) {
  let end = bytes.indexOf(NEWLINE)
  const header = end < 0 ? undefined : parseHeader(bytes.toString('utf8', 0, end))
  if (header?.source !== source) return undefined
  let head: ChainHead = { sequence: header.sequence, hash: header.hash }
  let records = 0
  let whole = end + 1
  for (;;) {
    end = bytes.indexOf(NEWLINE, whole)
    const record = end < 0 ? undefined : parseRecord(bytes.toString('utf8', whole, end))
    if (!record || record.source !== source || findChainFault([record], head)) break
    head = { sequence: record.sequence, hash: record.hash }
    records++
    whole = end + 1
  }
  return { head, records, whole }
}

function parseRecord(line: string): AccessRecord | undefined {
  try {
    // A line that is JSON may still be anything, and then has no hash of its own.
    const record = accessRecordOf(JSON.parse(line) as AccessRow | AccessRecord)
    return typeof record?.license === 'object' && record.license ? record : undefined
  } catch {
    return undefined
  }
}

/** Written once more, because after a failed sync nothing tells whether it is on disk. */
async function keep(path: string, bytes: Buffer): Promise<void> {
  const handle = await open(path, 'r+')
  try {
    await handle.write(bytes, 0, bytes.length, 0)
    await handle.truncate(bytes.length)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function removeDrafts(folder: string): Promise<void> {
  const names = await readdir(folder)
  for (const name of names)
    if (/^(new|owner)-/.test(name)) await unlink(join(folder, name)).catch(() => {})
}
