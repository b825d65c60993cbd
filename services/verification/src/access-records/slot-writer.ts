import { mkdir } from 'node:fs/promises'

import {
  type AccessDraft,
  AccessRecordNotDurableError,
  type ChainHead,
  encodeRecord,
} from '@lexchange/access-records'

import type { AccessLogOptions } from './access-log.ts'
import { createAppend } from './create-append.ts'
import { recoverSegments } from './recover-segments.ts'
import { createSegment, type OpenSegment, reserve } from './segment-files.ts'
import { type Ownership, takeOwnership } from './take-ownership.ts'

const SEGMENT_BYTES = 16 * 2 ** 20
const SEGMENT_MS = 10_000
/** After a failure the disk is left alone for this long, in ms; meanwhile nobody is answered. */
const AGAIN_AFTER = 100

type Holding = { owner: Ownership; head: ChainHead; segment: OpenSegment }

/** Writes the records of one slot, one write at a time. */
export type SlotWriter = {
  /** Resolves when they are on disk. @throws AccessRecordNotDurableError */
  write(drafts: readonly AccessDraft[]): Promise<void>
  /** Resolves when records can be written. */
  open(): Promise<void>
  close(): Promise<void>
}

export function createSlotWriter(options: AccessLogOptions): SlotWriter {
  const { source, onDurable, append = createAppend() } = options
  const encode = createEncoder(source)
  let holding: Holding | undefined
  let lost = false
  let failed: { at: number; cause: unknown } | undefined

  async function ready(): Promise<Holding> {
    if (lost) throw new Error('another process writes these records')
    if (failed && Date.now() - failed.at < AGAIN_AFTER) throw failed.cause
    failed = undefined
    holding ??= await takeOver(options)
    if (isFull(holding, options)) await rotate(holding, options)
    return holding
  }

  async function attempt(drafts: readonly AccessDraft[]): Promise<void> {
    const current = await ready()
    const { bytes, head } = encode(current.head, drafts)
    if (bytes.length > 0) {
      await reserve(current.segment, bytes.length)
      await append(current.segment.handle, bytes, current.segment.size)
    }
    if (!current.owner.holds) throw new Error('another process has taken these records over')
    current.segment.size += bytes.length
    current.head = head
    onDurable?.(head.sequence)
  }

  async function write(drafts: readonly AccessDraft[]): Promise<void> {
    try {
      await attempt(drafts)
    } catch (cause) {
      failed ??= { at: Date.now(), cause }
      const gone = holding
      holding = undefined
      if (gone && !lost && !gone.owner.holds) {
        lost = true
        options.onLost?.()
      }
      await release(gone)
      throw new AccessRecordNotDurableError(cause)
    }
  }

  return {
    write,
    open: () => write([]),
    async close() {
      lost = true
      await release(holding)
      holding = undefined
    },
  }
}

async function release(holding: Holding | undefined): Promise<void> {
  await holding?.segment.handle.close().catch(() => {})
  await holding?.owner.release().catch(() => {})
}

async function takeOver({ folder, source, log }: AccessLogOptions): Promise<Holding> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const owner = await takeOwnership(folder)
  try {
    const { head, attempt } = await recoverSegments(folder, source, log)
    const segment = await createSegment(folder, { source, ...head }, attempt)
    return { owner, head, segment }
  } catch (error) {
    await owner.release()
    throw error
  }
}

/** Encodes into one buffer, which is good until the next call: one write is under way at a time. */
function createEncoder(source: string) {
  let room = Buffer.allocUnsafeSlow(2 ** 16)
  return (before: ChainHead, drafts: readonly AccessDraft[]) => {
    let head = before
    let text = ''
    for (const draft of drafts) {
      const encoded = encodeRecord(source, head, draft)
      head = encoded.head
      text += `${encoded.json}\n`
    }
    // In UTF-8 no character of a string takes more than three bytes.
    if (text.length * 3 > room.length) room = Buffer.allocUnsafeSlow(text.length * 4)
    return { bytes: room.subarray(0, room.write(text)), head }
  }
}

function isFull({ segment, head }: Holding, options: AccessLogOptions): boolean {
  const { segmentBytes = SEGMENT_BYTES, segmentMs = SEGMENT_MS } = options
  if (head.sequence < segment.start) return false
  return segment.size >= segmentBytes || Date.now() - segment.openedAt >= segmentMs
}

async function rotate(holding: Holding, { folder, source }: AccessLogOptions): Promise<void> {
  const old = holding.segment
  holding.segment = await createSegment(folder, { source, ...holding.head })
  await old.handle.close().catch(() => {})
}
