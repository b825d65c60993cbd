import type { KeyEncryption } from '@lexchange/encryption'
import { followStream, type ReceivedMessage, type StreamEnd } from '@lexchange/events'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Logger } from 'pino'
import { Counter, Gauge, type Registry } from 'prom-client'

import { applySealed } from './apply-sealed.ts'
import type { SnapshotSource } from './fetch-snapshot.ts'
import { loadSealedSnapshot } from './load-sealed-snapshot.ts'
import { type ProjectionStore, readSealedState, writeSealedState } from './projection-store.ts'
import { reasonToRebuild } from './stream-place.ts'

export type SealedOptions = {
  snapshot: SnapshotSource
  keys: KeyEncryption
  log: Logger
  metrics: Registry
  signal: AbortSignal
  /** What is written to; undefined while there is none. */
  store(): ProjectionStore | undefined
  /** Settles when no projection is being built; undefined where none is. */
  building(): Promise<void> | undefined
  /** Something has come that another key than the current one has wrapped. */
  onOldKey(): void
}

/** The one writer of sealed claims: takes them from SEALED, or all of them from a snapshot. */
export type SealedWriter = {
  follow(nats: NatsConnection): { stop(): Promise<void> }
  /** Takes all of them from the registry once more, e.g. because keys cannot be unwrapped. */
  reload(reason: string): Promise<void>
  /** Settles when nothing is being loaded. */
  idle(): Promise<void>
}

export function createSealedWriter(options: SealedOptions): SealedWriter {
  const metrics = createMetrics(options.metrics)
  let loading: Promise<void> | undefined

  function reload(reason: string): Promise<void> {
    loading ??= load(options, reason).finally(() => {
      loading = undefined
    })
    return loading
  }

  async function startAfter(end: StreamEnd): Promise<number> {
    await options.building()
    await loading
    const store = storeOf(options)
    const before = readSealedState(store)
    const reason = before.complete ? reasonToRebuild(before, end) : 'there are none yet'
    if (reason) await reload(reason)
    const state = readSealedState(store)
    if (reasonToRebuild(state, end)) throw new Error('the snapshot is not one of this stream')
    if (state.streamCreated === '')
      await store.root.transaction(() =>
        writeSealedState(store, { ...state, streamCreated: end.created }),
      )
    return state.position + 1
  }

  async function apply(messages: readonly ReceivedMessage[]): Promise<void> {
    if (options.building() || loading) throw new Error('sealed claims are being loaded')
    const store = storeOf(options)
    const { count, keyIds } = await applySealed(store, messages)
    const current = options.keys.currentKeyId()
    if ([...keyIds].some((keyId) => keyId !== current)) options.onOldKey()
    for (const [outcome, number] of Object.entries(count)) metrics.events.inc({ outcome }, number)
    if (count.parked > 0) options.log.error({ parked: count.parked }, 'sealed claims parked')
    metrics.position.set(readSealedState(store).position)
  }

  return {
    reload,
    idle: async () => loading?.catch(() => {}),
    follow: (nats) =>
      followStream({ nats, stream: 'SEALED', log: options.log, start: startAfter, apply }),
  }
}

function storeOf(options: SealedOptions): ProjectionStore {
  const store = options.store()
  if (!store) throw new Error('there is no projection to go on with')
  return store
}

async function load(options: SealedOptions, reason: string): Promise<void> {
  const store = storeOf(options)
  options.log.info({ reason }, 'sealed claims are taken from the registry')
  // One that has none yet may be from a version that did not know of them.
  const mark = !readSealedState(store).complete
  const licenses = await loadSealedSnapshot(store, await options.snapshot(options.signal), mark)
  options.log.info({ licenses }, 'sealed claims loaded')
}

function createMetrics(registry: Registry) {
  const registers = [registry]
  return {
    events: new Counter({
      name: 'events_verification_sealed_total',
      help: 'Events of SEALED that were received, by what became of them',
      labelNames: ['outcome'],
      registers,
    }),
    position: new Gauge({
      name: 'projection_sealed_position',
      help: 'Sequence in SEALED up to which sealed claims are current',
      registers,
    }),
  }
}
