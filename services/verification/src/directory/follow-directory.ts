import { directoryEvents, directoryKindOf } from '@lexchange/contracts'
import { eventParser, followStream, type ReceivedMessage, type StreamEnd } from '@lexchange/events'
import { DomainError } from '@lexchange/problems'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Logger } from 'pino'

import { placeOf } from './create-directory.ts'
import type { DirectoryFile } from './directory-file.ts'
import type { DirectoryEntry } from './entry.ts'

export type DirectoryOptions = {
  file: DirectoryFile
  log: Logger
  onEntries(entries: readonly DirectoryEntry[], all: boolean): void
}

export type DirectoryFollower = {
  follow(nats: NatsConnection): void
  /** All that is known. */
  entries(): DirectoryEntry[]
  /** Of a department. */
  regionOf(department: string): string | null
  stop(): Promise<void>
}

const parse = eventParser(Object.values(directoryEvents))

type Known = {
  streamCreated: string
  entries: Map<string, DirectoryEntry>
  /** What came from the stream as it is now: only among these do revisions compare. */
  current: Set<string>
  /** While the stream is read from its beginning: where that ends, and what came so far. */
  replay: { until: number; places: Set<string> } | undefined
}

/**
 * Reads DIRECTORY from its beginning whenever it is opened: it holds the last value of each entry only.
 * What is known is kept in a file, so that a restart needs neither NATS nor the registry.
 */
export async function startDirectory(options: DirectoryOptions): Promise<DirectoryFollower> {
  const { file, log, onEntries } = options
  const kept = await file.read()
  const entries = new Map(kept.entries.map((each) => [placeOf(each.kind, each.entry.id), each]))
  const { streamCreated } = kept
  const known: Known = {
    streamCreated,
    entries,
    current: new Set(entries.keys()),
    replay: undefined,
  }
  const all = () => [...entries.values()]
  const keep = () =>
    file
      .write({ streamCreated: known.streamCreated, entries: all() })
      .catch((err) => log.warn({ err }, 'directory could not be kept on disk'))

  async function apply(messages: readonly ReceivedMessage[]): Promise<void> {
    const parsed = messages.flatMap((message) => parseEntry(message, log))
    const changed = parsed.filter((each) => take(known, each))
    if (changed.length > 0) onEntries(changed, false)
    const replayed = known.replay && (messages.at(-1)?.streamSequence ?? 0) >= known.replay.until
    if (replayed && forgetGone(known)) onEntries(all(), true)
    if (replayed || (changed.length > 0 && !known.replay)) await keep()
  }

  let following: { stop(): Promise<void> } | undefined
  return {
    entries: all,
    regionOf(department) {
      const found = entries.get(placeOf('department', department))
      return found?.kind === 'department' ? found.entry.region : null
    },
    follow(nats) {
      const start = async (end: StreamEnd) => beginReplay(known, end)
      following = followStream({ nats, stream: 'DIRECTORY', log, start, apply })
    },
    async stop() {
      await following?.stop()
    },
  }
}

/** The stream is read from its first message on; gives its sequence. */
function beginReplay(known: Known, end: StreamEnd): number {
  if (known.streamCreated !== end.created) known.current = new Set()
  known.streamCreated = end.created
  // An empty stream says nothing yet, and what is known stays.
  const empty = end.lastSequence < Math.max(end.firstSequence, 1)
  known.replay = empty ? undefined : { until: end.lastSequence, places: new Set() }
  return 1
}

/** An older revision is a repetition; in a stream made anew revisions begin again. */
function take({ entries, current, replay }: Known, each: DirectoryEntry): boolean {
  const place = placeOf(each.kind, each.entry.id)
  replay?.places.add(place)
  const before = current.has(place) ? entries.get(place) : undefined
  if (before && before.entry.revision >= each.entry.revision) return false
  entries.set(place, each)
  current.add(place)
  return true
}

/** Ends the replay: what the stream does not hold is there no more. */
function forgetGone(known: Known): boolean {
  const places = known.replay?.places ?? new Set()
  known.replay = undefined
  const before = known.entries.size
  for (const place of known.entries.keys()) if (!places.has(place)) known.entries.delete(place)
  return known.entries.size < before
}

/** An entry that breaks its contract is left out: what was known of it stays. */
function parseEntry({ text, subject }: ReceivedMessage, log: Logger): DirectoryEntry[] {
  try {
    const { event } = parse(text)
    const kind = directoryKindOf(event.type)
    return kind ? [{ kind, entry: event.data } as DirectoryEntry] : []
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    log.error({ subject, reason: error.code, detail: error.message }, 'directory entry ignored')
    return []
  }
}
