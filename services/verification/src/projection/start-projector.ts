import type { KeyEncryption } from '@lexchange/encryption'
import { followStream, type ReceivedMessage, type StreamEnd } from '@lexchange/events'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Logger } from 'pino'
import { Counter, Gauge, type Registry } from 'prom-client'

import { applyLicenses } from './apply-licenses.ts'
import { buildProjection } from './build-projection.ts'
import type { SnapshotSource } from './fetch-snapshot.ts'
import { createSealedWriter, type SealedWriter } from './follow-sealed.ts'
import type { ProjectionFolders } from './projection-folders.ts'
import { openProjection, type ProjectionStore, readState, writeState } from './projection-store.ts'
import { startRewrap } from './rewrap-sealed.ts'
import { EntryUnreadableError } from './status-record.ts'
import { isSameStream, reasonToRebuild } from './stream-place.ts'

export type ProjectorOptions = {
  folders: ProjectionFolders
  maxGiB: number
  snapshot: SnapshotSource
  /** The same of sealed claims. */
  sealedSnapshot: SnapshotSource
  /** Wraps the data keys of sealed claims. */
  keys: KeyEncryption
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

type Projecting = {
  options: ProjectorOptions
  metrics: ReturnType<typeof createMetrics>
  stopping: AbortController
  store: ProjectionStore | undefined
  building: Promise<void> | undefined
  sealed: SealedWriter
}

/**
 * The one writer of the projection: opens what is there or builds it from the registry's snapshot, then
 * follows the stream.
 * @param folder a projection that is whole, or undefined.
 */
export function startProjector(folder: string | undefined, options: ProjectorOptions): Projector {
  const projecting = createProjecting(folder, options, () => rewrapping.notice())
  const { sealed } = projecting
  const rewrapping = startRewrap({
    ...options,
    store: () => projecting.store,
    onStuck: () => sealed.reload('data keys cannot be unwrapped'),
  })
  let following: { stop(): Promise<void> }[] = []
  if (projecting.store) announce(projecting, projecting.store)
  else void rebuild(projecting, 'there is none yet')
  return {
    rebuild: (reason) => rebuild(projecting, reason),
    follow(nats) {
      const licenses = followStream({
        nats,
        stream: 'LICENSES',
        log: options.log,
        start: (end) => startAfter(projecting, end),
        onEnd: (end) => seeEnd(projecting, end),
        apply: (messages) => apply(projecting, messages),
      })
      following = [licenses, sealed.follow(nats)]
    },
    async stop() {
      projecting.stopping.abort()
      await Promise.all([...following, rewrapping].map((each) => each.stop()))
      await projecting.building
      await sealed.idle()
      await projecting.store?.root.flushed
      await projecting.store?.root.close()
    },
  }
}

function createProjecting(
  folder: string | undefined,
  options: ProjectorOptions,
  onOldKey: () => void,
): Projecting {
  const stopping = new AbortController()
  const projecting: Projecting = {
    options,
    metrics: createMetrics(options.metrics),
    stopping,
    store: folder === undefined ? undefined : openProjection(folder, options),
    building: undefined,
    sealed: createSealedWriter({
      ...options,
      snapshot: options.sealedSnapshot,
      signal: stopping.signal,
      store: () => projecting.store,
      building: () => projecting.building,
      onOldKey,
    }),
  }
  return projecting
}

function announce({ options }: Projecting, opened: ProjectionStore): void {
  const { position, caughtUpAt } = readState(opened)
  options.log.info({ folder: opened.folder, position }, 'projection opened')
  options.onFolder(opened.folder)
  if (caughtUpAt > 0) options.onCaughtUp(caughtUpAt)
}

function rebuild(projecting: Projecting, reason: string): Promise<void> {
  projecting.building ??= build(projecting, reason).finally(() => {
    projecting.building = undefined
  })
  return projecting.building
}

async function build(projecting: Projecting, reason: string): Promise<void> {
  const { options, stopping } = projecting
  options.log.info({ reason }, 'projection is built from the snapshot of the registry')
  const built = await buildProjection(options, stopping.signal)
  if (!built) return
  const old = projecting.store
  projecting.store = built
  announce(projecting, built)
  await projecting.sealed.idle()
  await old?.root.close()
}

/** Where to go on in the stream, after a new snapshot where the old position leads nowhere. */
async function startAfter(projecting: Projecting, end: StreamEnd): Promise<number> {
  await projecting.building
  const before = projecting.store && readState(projecting.store)
  const reason = before ? reasonToRebuild(before, end) : 'there is none yet'
  if (reason) await rebuild(projecting, reason)
  const { store } = projecting
  if (!store) throw new Error('there is no projection to go on with')
  const state = readState(store)
  if (reasonToRebuild(state, end)) throw new Error('the snapshot is not one of this stream')
  if (state.streamCreated === '')
    await store.root.transaction(() => writeState(store, { ...state, streamCreated: end.created }))
  return state.position + 1
}

async function seeEnd(projecting: Projecting, end: StreamEnd): Promise<void> {
  const { store, building, metrics, options } = projecting
  metrics.lastSequence.set(end.lastSequence)
  if (!store || building) return
  const { streamCreated, position, caughtUpAt } = readState(store)
  metrics.position.set(position)
  if (!isSameStream(streamCreated, end.created) || position < end.lastSequence) return
  const now = Date.now()
  options.onCaughtUp(now)
  if (now - caughtUpAt < KEEP_CAUGHT_UP) return
  await store.root.transaction(() => writeState(store, { ...readState(store), caughtUpAt: now }))
}

async function apply(projecting: Projecting, messages: readonly ReceivedMessage[]): Promise<void> {
  const { store, building, metrics, options } = projecting
  if (!store || building) throw new Error('the projection is being built')
  try {
    const count = await applyLicenses(store, messages)
    for (const [outcome, number] of Object.entries(count)) metrics.events.inc({ outcome }, number)
    if (count.parked > 0) options.log.error({ parked: count.parked }, 'events parked')
    metrics.position.set(readState(store).position)
  } catch (error) {
    if (error instanceof EntryUnreadableError) await rebuild(projecting, error.message)
    throw error
  }
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
