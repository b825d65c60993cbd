import { constants, type FileHandle, link, open, readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'

import type { ChainHead } from '@lexchange/access-records'

/** A file of records, one a line, after a line that says where the chain stood before them. */
export type SegmentHeader = ChainHead & { source: string }

/** `start` is the sequence of the first record that it holds or will hold. */
export type SegmentFile = { path: string; start: number; attempt: number }

export type OpenSegment = SegmentFile & {
  /** Its writes are durable when they resolve. */
  handle: FileHandle
  size: number
  /** How long the file is; zeros follow the records. */
  reserved: number
  openedAt: number
}

const DURABLE = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_DSYNC
const LEAST_RESERVE = 2 ** 16
const MOST_RESERVE = 2 ** 20

const NAME = /^(\d{16})-(\d{4})\.jsonl$/

/** All segments of a slot, in their order. */
export async function listSegments(folder: string): Promise<SegmentFile[]> {
  const names = (await readdir(folder)).filter((name) => NAME.test(name)).sort()
  return names.map((name) => ({
    path: join(folder, name),
    start: Number(NAME.exec(name)?.[1]),
    attempt: Number(NAME.exec(name)?.[2]),
  }))
}

/**
 * Makes a segment whose header is on disk before anything is written into it. Rejects with EEXIST
 * where there is one already: another writer is at work.
 * @param attempt tells those apart that begin with one sequence; the greatest counts.
 */
export async function createSegment(
  folder: string,
  { source, sequence, hash }: SegmentHeader,
  attempt = 0,
): Promise<OpenSegment> {
  const start = sequence + 1
  const name = `${String(start).padStart(16, '0')}-${String(attempt).padStart(4, '0')}.jsonl`
  const path = join(folder, name)
  const draft = join(folder, `new-${crypto.randomUUID()}`)
  const header = Buffer.from(`${JSON.stringify({ source, sequence, hash })}\n`)
  const handle = await open(draft, DURABLE, 0o600)
  try {
    await writeWhole(handle, header, 0)
    await link(draft, path)
    await syncFolder(folder)
  } catch (error) {
    await handle.close().catch(() => {})
    throw error
  } finally {
    await unlink(draft).catch(() => {})
  }
  const size = header.length
  return { path, start, attempt, handle, size, reserved: size, openedAt: Date.now() }
}

/**
 * Lengthens the file by zeros where so many bytes more would not fit. A write inside a file costs the disk
 * less than one that lengthens it, which has to write its new length too.
 */
export async function reserve(segment: OpenSegment, bytes: number): Promise<void> {
  const { handle, size, reserved } = segment
  if (size + bytes <= reserved) return
  const more = Math.max(bytes, Math.min(Math.max(size, LEAST_RESERVE), MOST_RESERVE))
  await writeWhole(handle, Buffer.alloc(more), size)
  segment.reserved = size + more
}

export async function writeWhole(
  handle: FileHandle,
  bytes: Buffer,
  position: number,
): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const left = bytes.length - written
    written += (await handle.write(bytes, written, left, position + written)).bytesWritten
  }
}

/** Makes names durable that were entered or removed. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

export function parseHeader(line: string): SegmentHeader | undefined {
  try {
    const { source, sequence, hash } = JSON.parse(line) as SegmentHeader
    const whole =
      typeof source === 'string' && Number.isSafeInteger(sequence) && typeof hash === 'string'
    return whole ? { source, sequence, hash } : undefined
  } catch {
    return undefined
  }
}

export async function readHeader({ path }: SegmentFile): Promise<SegmentHeader | undefined> {
  const handle = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(512), 0, 512, 0)
    return parseHeader(buffer.toString('utf8', 0, bytesRead).split('\n', 1)[0] ?? '')
  } finally {
    await handle.close()
  }
}
