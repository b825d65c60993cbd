import { directoryEvents, directoryKindOf } from '@lexchange/contracts'
import { eventParser, followStream, type ReceivedMessage, type StreamEnd } from '@lexchange/events'
import { DomainError } from '@lexchange/problems'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Logger } from 'pino'

import { type DirectoryEntry, placeOf } from './create-directory.ts'
import type { DirectoryFile } from './directory-file.ts'

export type DirectoryOptions = {
  file: DirectoryFile
  log: Logger
  onEntries(entries: readonly DirectoryEntry[], all: boolean): void
}

export type DirectoryFollower = {
  follow(nats: NatsConnection): void
  /** All that is known. */
  entries(): DirectoryEntry[]
  stop(): Promise<void>
}

const parse = eventParser(Object.values(directoryEvents))

/**
 * Reads DIRECTORY from its beginning whenever it is opened: it holds the last value of each entry only.
 * What is known is kept in a file, so that a restart needs neither NATS nor the registry.
 */
export async function startDirectory(options: DirectoryOptions): Promise<DirectoryFollower> {
  const { file, log } = options
  const kept = await file.read()
  let streamCreated = kept.streamCreated
  const known = knownEntries(kept.entries)
  /** While the stream is read from its beginning: where that ends, and what came so far. */
  let replay: { until: number; places: Set<string> } | undefined
  let following: { stop(): Promise<void> } | undefined

  const keep = () =>
    file
      .write({ streamCreated, entries: known.all() })
      .catch((err) => log.warn({ err }, 'directory could not be kept on disk'))

  async function endReplay(): Promise<void> {
    const places = replay?.places ?? new Set<string>()
    replay = undefined
    if (known.dropOthers(places)) options.onEntries(known.all(), true)
    await keep()
  }

  async function start(end: StreamEnd): Promise<number> {
    if (streamCreated !== end.created) known.beginAnew()
    streamCreated = end.created
    // An empty stream says nothing yet, and what is known stays.
    const empty = end.lastSequence < Math.max(end.firstSequence, 1)
    replay = empty ? undefined : { until: end.lastSequence, places: new Set() }
    return 1
  }

  async function apply(messages: readonly ReceivedMessage[]): Promise<void> {
    const received = messages.flatMap((message) => parseEntry(message, log))
    for (const each of received) replay?.places.add(placeOf(each.kind, each.entry.id))
    const changed = received.filter(known.take)
    if (changed.length > 0) options.onEntries(changed, false)
    const last = messages.at(-1)?.streamSequence ?? 0
    if (replay && last >= replay.until) await endReplay()
    else if (changed.length > 0 && !replay) await keep()
  }

  return {
    entries: known.all,
    follow(nats) {
      following = followStream({ nats, stream: 'DIRECTORY', log, start, apply })
    },
    async stop() {
      await following?.stop()
    },
  }
}

function knownEntries(kept: readonly DirectoryEntry[]) {
  const entries = new Map(kept.map((each) => [placeOf(each.kind, each.entry.id), each]))
  /** What came from the stream as it is now: only among these do revisions compare. */
  let current = new Set(entries.keys())
  return {
    all: () => [...entries.values()],
    /** An older revision is a repetition; in a stream made anew revisions begin again. */
    take(each: DirectoryEntry): boolean {
      const place = placeOf(each.kind, each.entry.id)
      const known = entries.get(place)
      if (known && current.has(place) && known.entry.revision >= each.entry.revision) return false
      current.add(place)
      entries.set(place, each)
      return true
    },
    /** Says whether there were any. */
    dropOthers(places: ReadonlySet<string>): boolean {
      const before = entries.size
      for (const place of entries.keys()) if (!places.has(place)) entries.delete(place)
      return entries.size < before
    },
    beginAnew() {
      current = new Set()
    },
  }
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
