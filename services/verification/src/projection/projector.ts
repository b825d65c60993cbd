import { followStream, type StreamEnd } from '@lexchange/events'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Logger } from 'pino'
import { Counter, Gauge, type Registry } from 'prom-client'

import { applyLicenses } from './apply-licenses.ts'
import { buildProjection, type SnapshotSource } from './build-projection.ts'
import type { ProjectionFolders } from './projection-folders.ts'
import { openProjection, type ProjectionStore, readState, writeState } from './projection-store.ts'
import { EntryUnreadableError } from './status-record.ts'

export type ProjectorOptions = {
  folders: ProjectionFolders
  maxGiB: number
  snapshot: SnapshotSource
  log: Logger
  metrics: Registry
  /** A projection is in use from now on. */
  onFolder(folder: string): void
  /** The projection was complete up to the end of the stream at this time (ms). */
  onCaughtUp(at: number): void
}

export type Projector = {
  /** Follows LICENSES over this connection. */
  follow(nats: NatsConnection): void
  /** Has the projection built anew: what is there cannot be read. */
  rebuild(reason: string): Promise<void>
  stop(): Promise<void>
}

/** How often the time of being complete is kept on disk, in ms. */
const KEEP_CAUGHT_UP = 5_000

/**
 * The one writer of the projection: opens what is there or builds it from the registry's snapshot, then
 * follows the stream. Resolves when there is a projection or the building has begun.
 * @param folder a projection that is whole, or undefined.
 */
export function startProjector(folder: string | undefined, options: ProjectorOptions): Projector {
  const { log } = options
  const stopping = new AbortController()
  const metrics = createMetrics(options.metrics)
  let store = folder === undefined ? undefined : openProjection(folder, options)
  let building: Promise<void> | undefined
  let following: { stop(): Promise<void> } | undefined

  if (store) announce(store)
  else void rebuild('there is none yet')

  function announce(opened: ProjectionStore): void {
    const { position, caughtUpAt } = readState(opened)
    log.info({ folder: opened.folder, position }, 'projection opened')
    options.onFolder(opened.folder)
    if (caughtUpAt > 0) options.onCaughtUp(caughtUpAt)
  }

  async function build(reason: string): Promise<void> {
    log.info({ reason }, 'projection is built from the snapshot of the registry')
    const built = await buildProjection(options, stopping.signal)
    if (!built) return
    const old = store
    store = built
    announce(built)
    await old?.root.close()
  }

  function rebuild(reason: string): Promise<void> {
    building ??= build(reason).finally(() => {
      building = undefined
    })
    return building
  }

  /** Where to go on in the stream, after a new snapshot where the old position leads nowhere. */
  async function start(end: StreamEnd): Promise<number> {
    await building
    const state = store && readState(store)
    const reason = state ? reasonToRebuild(state, end) : 'there is none yet'
    if (reason) await rebuild(reason)
    if (!store) throw new Error('there is no projection to go on with')
    const opened = readState(store)
    if (reasonToRebuild(opened, end)) throw new Error('the snapshot is not one of this stream')
    if (opened.streamCreated === '')
      await store.root.transaction(() =>
        writeState(store as ProjectionStore, { ...opened, streamCreated: end.created }),
      )
    return opened.position + 1
  }

  async function onEnd({ lastSequence, created }: StreamEnd): Promise<void> {
    metrics.lastSequence.set(lastSequence)
    if (!store || building) return
    const state = readState(store)
    metrics.position.set(state.position)
    const same = state.streamCreated === created
    if (!same || state.position < lastSequence) return
    const caughtUpAt = Date.now()
    options.onCaughtUp(caughtUpAt)
    if (caughtUpAt - state.caughtUpAt < KEEP_CAUGHT_UP) return
    const { root } = store
    await root.transaction(() =>
      writeState(store as ProjectionStore, { ...readState(store as ProjectionStore), caughtUpAt }),
    )
  }

  return {
    rebuild,
    follow(nats) {
      following = followStream({
        nats,
        stream: 'LICENSES',
        log,
        start,
        onEnd,
        async apply(messages) {
          if (!store || building) throw new Error('the projection is being built')
          const count = await applyLicenses(store, messages).catch(async (error) => {
            if (error instanceof EntryUnreadableError) await rebuild(error.message)
            throw error
          })
          for (const [outcome, number] of Object.entries(count))
            metrics.events.inc({ outcome }, number)
          if (count.parked > 0) log.error({ parked: count.parked }, 'events parked')
          metrics.position.set(readState(store).position)
        },
      })
    },
    async stop() {
      stopping.abort()
      await following?.stop()
      await building?.catch(() => {})
      if (store) await store.root.flushed
      await store?.root.close()
    },
  }
}

type Known = { position: number; streamCreated: string }

function reasonToRebuild({ position, streamCreated }: Known, end: StreamEnd): string | undefined {
  if (streamCreated !== '' && Date.parse(streamCreated) !== Date.parse(end.created))
    return 'the stream was made anew'
  if (position > end.lastSequence) return 'the stream ends before the position'
  if (position + 1 < end.firstSequence)
    return 'the stream no longer holds what follows the position'
  return undefined
}

function createMetrics(registry: Registry) {
  const registers = [registry]
  return {
    events: new Counter({
      name: 'events_verification_licenses_total',
      help: 'Events of LICENSES that were received, by what became of them',
      labelNames: ['outcome'],
      registers,
    }),
    position: new Gauge({
      name: 'projection_position',
      help: 'Sequence in LICENSES up to which the projection is current',
      registers,
    }),
    lastSequence: new Gauge({
      name: 'projection_stream_last_sequence',
      help: 'Last sequence in LICENSES',
      registers,
    }),
  }
}
