import { rename, unlink } from 'node:fs/promises'

import type { ChainHead } from '@lexchange/access-records'
import type { Logger } from 'pino'

import { type AccessMessage, headMessage, recordMessages } from './access-messages.ts'
import { CHUNK, type Line, readLines } from './read-segment.ts'
import { readPosition, writePosition } from './relay-position.ts'
import { listSegments, readHeader, type SegmentFile } from './segment-files.ts'

export type SlotRelayOptions = {
  folder: string
  regionOf: (department: string) => string | null
  publish: (message: AccessMessage) => Promise<void>
  now: () => number
  log: Logger
}

/** Where the relay of one slot stands. */
export type SlotRelay = {
  readonly options: SlotRelayOptions
  /** Up to where its writer has said that records are on disk. */
  durable: number
  /** The last record that ACCESS has acknowledged. */
  acked: ChainHead
  /** As far as a restart knows. */
  kept: number
  headSent: number
  cursor: { file: SegmentFile; offset: number; source: string } | undefined
  /** Lines are read into it, and are good until the next are. */
  readonly buffer: Buffer
  /** Messages are put together in it. */
  room: Buffer
}

export async function createSlotRelay(options: SlotRelayOptions): Promise<SlotRelay> {
  const acked = await readPosition(options.folder)
  return {
    ...{ options, durable: 0, acked, kept: acked.sequence, headSent: 0, cursor: undefined },
    buffer: Buffer.allocUnsafeSlow(CHUNK),
    room: Buffer.allocUnsafeSlow(CHUNK),
  }
}

/** How many records are on disk that are not acknowledged yet. */
export function waitingIn({ durable, acked }: SlotRelay): number {
  return Math.max(durable - acked.sequence, 0)
}

/** Carries some records on; false when none wait. docs/flows/relay-access.md */
export async function relaySome(relay: SlotRelay): Promise<boolean> {
  // Read first: whoever announced it had made the segment that it lies in.
  const { durable } = relay
  const cursor = await cursorOf(relay)
  if (!cursor) return false
  const after = await segmentAfter(relay, cursor.file)
  // What an old writer wrote behind the beginning of the next segment was never answered.
  const until = Math.min(durable, after ? after.start - 1 : durable)
  const lines = await readLines(cursor.file.path, cursor.offset, relay.buffer)
  const settled = lines.filter(({ sequence }) => sequence <= until)
  const fresh = settled.filter(({ sequence }) => sequence > relay.acked.sequence)
  if (fresh.length > 0) await send(relay, cursor.source, fresh)
  const last = settled.at(-1)
  if (last) cursor.offset = last.end
  else if (after && until === after.start - 1) await pass(relay, cursor.file, after)
  else return false
  return true
}

/** Announces how far the source has come, if it has come further, and keeps it for a restart. */
export async function announceHead(relay: SlotRelay): Promise<void> {
  const { acked, cursor, options } = relay
  if (relay.headSent !== acked.sequence && cursor) {
    await options.publish(headMessage(cursor.source, acked, new Date(options.now())))
    relay.headSent = acked.sequence
  }
  await keepPosition(relay)
}

async function cursorOf(relay: SlotRelay) {
  if (relay.cursor) return relay.cursor
  const segments = await listSegments(relay.options.folder)
  const holds = ({ start }: SegmentFile) => start <= relay.acked.sequence + 1
  const file = segments.findLast(holds) ?? segments[0]
  const header = file && (await readHeader(file))
  if (!file || !header) return undefined
  const { source, sequence, hash } = header
  if (relay.acked.sequence < sequence) relay.acked = { sequence, hash }
  relay.cursor = { file, offset: 0, source }
  return relay.cursor
}

async function segmentAfter(
  { options }: SlotRelay,
  file: SegmentFile,
): Promise<SegmentFile | undefined> {
  const segments = await listSegments(options.folder)
  return segments[segments.findIndex(({ path }) => path === file.path) + 1]
}

async function send(relay: SlotRelay, source: string, lines: readonly Line[]): Promise<void> {
  const { publish, regionOf, now } = relay.options
  const { buffer, room } = relay
  try {
    const read = { source, lines, buffer }
    for (const message of recordMessages(read, regionOf, new Date(now()), room))
      await publish(message)
  } catch (error) {
    // It may still wait to be sent, when the broker is there again.
    relay.room = Buffer.allocUnsafeSlow(CHUNK)
    throw error
  }
  const { sequence, hash } = lines.at(-1) as Line
  relay.acked = { sequence, hash }
}

/** Goes on to the next segment; one that lacks records is kept for whoever looks into it. */
async function pass(relay: SlotRelay, from: SegmentFile, to: SegmentFile): Promise<void> {
  const { log } = relay.options
  const whole = relay.acked.sequence + 1 >= to.start
  if (!whole) log.error({ path: from.path, ...relay.acked }, 'access records are missing')
  await keepPosition(relay)
  relay.cursor = undefined
  if (whole) await unlink(from.path)
  else await rename(from.path, `${from.path}.broken`)
}

async function keepPosition(relay: SlotRelay): Promise<void> {
  const { acked, options } = relay
  if (relay.kept === acked.sequence) return
  await writePosition(options.folder, acked)
  relay.kept = acked.sequence
}
