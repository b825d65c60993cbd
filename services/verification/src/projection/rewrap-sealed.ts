import { type KeyEncryption, keyIdOf } from '@lexchange/encryption'
import { createPulse } from '@lexchange/events'
import type { Logger } from 'pino'
import { Gauge, type Registry } from 'prom-client'

import type { ProjectionStore } from './projection-store.ts'
import type { SealedRecord } from './sealed-record.ts'
import { idText } from './status-record.ts'

/** Records of one transaction; other work gets its turn between two. */
const BATCH = 200
/** How often it is looked whether another key wraps now, in ms. */
const LOOK = 1_000
/** How often all records are looked through without that, in looks: old messages may still come. */
const LOOKS = 600
/** The same while some cannot be unwrapped. */
const STUCK_LOOKS = 60

export type RewrapOptions = {
  keys: KeyEncryption
  log: Logger
  metrics: Registry
  store(): ProjectionStore | undefined
  /** Called when some keys cannot be unwrapped: the registry has wrapped its own anew. */
  onStuck(): Promise<void>
}

/** How many data keys another key-encryption key than the current one still wraps, by its id. */
export type Left = Map<string, number>

/**
 * Wraps the data keys of a projection anew by the key that wraps now, in batches.
 * @param inUse false once another projection has taken its place: then it may not be read any more.
 * @returns those that could not be: their key is not there any more.
 */
async function rewrapSealed(
  store: ProjectionStore,
  keys: KeyEncryption,
  inUse: () => boolean = () => true,
): Promise<Left> {
  const left: Left = new Map()
  let start: Buffer = Buffer.alloc(0)
  while (inUse()) {
    const batch = [...store.sealed.getRange({ start, limit: BATCH })]
    const last = batch.at(-1)
    if (!last) break
    const fresh = await rewrapBatch(batch, keys, left)
    if (fresh.length > 0 && inUse()) await store.root.transaction(() => replace(store, fresh))
    start = Buffer.concat([last.key, Buffer.alloc(1)])
  }
  return left
}

type Rewrapped = { key: Buffer; old: string; wrapped: string }

async function rewrapBatch(
  batch: readonly { key: Buffer; value: SealedRecord }[],
  keys: KeyEncryption,
  left: Left,
): Promise<Rewrapped[]> {
  const fresh: Rewrapped[] = []
  for (const { key, value } of batch) {
    const old = value.dataKey
    if (old === null || keyIdOf(old) === keys.currentKeyId()) continue
    const wrapped = await rewrap(keys, old, idText(key))
    if (wrapped === undefined) left.set(keyIdOf(old), (left.get(keyIdOf(old)) ?? 0) + 1)
    else fresh.push({ key, old, wrapped })
  }
  return fresh
}

async function rewrap(keys: KeyEncryption, old: string, about: string) {
  try {
    return await keys.wrap(await keys.unwrap(old, about), about)
  } catch {
    return undefined
  }
}

/** Where it was erased or changed meanwhile, that stays. */
function replace(store: ProjectionStore, fresh: readonly Rewrapped[]): void {
  for (const { key, old, wrapped } of fresh) {
    const record: SealedRecord | undefined = store.sealed.get(key)
    if (record?.dataKey === old) store.sealed.put(key, { ...record, dataKey: wrapped })
  }
}

export type Rewrapping = {
  /** Another key than the current one has wrapped something that has come. */
  notice(): void
  stop(): Promise<void>
}

type Pass = { store: ProjectionStore; keyId: string; wait: number }

/** Keeps doing so for as long as the process lives. */
export function startRewrap(options: RewrapOptions): Rewrapping {
  const { keys, log } = options
  const pulse = createPulse()
  const gauge = createGauge(options.metrics)
  let last: Pass | undefined
  let stuck = false

  async function pass(store: ProjectionStore): Promise<Left> {
    const left = await rewrapSealed(store, keys, () => options.store() === store && !pulse.stopped)
    gauge.reset()
    for (const [key_id, count] of left) gauge.set({ key_id }, count)
    return left
  }

  async function look(): Promise<void> {
    const store = options.store()
    const keyId = keys.currentKeyId()
    if (!store || (last?.store === store && last.keyId === keyId && last.wait-- > 0)) return
    const noted: Pass = { store, keyId, wait: LOOKS }
    last = noted
    let left = await pass(store)
    if (left.size > 0) {
      log.warn({ left: Object.fromEntries(left) }, 'data keys cannot be unwrapped')
      await options.onStuck()
      left = await pass(store)
    }
    stuck = left.size > 0
    if (!stuck) return
    noted.wait = STUCK_LOOKS
    log.error({ left: Object.fromEntries(left) }, 'data keys cannot be unwrapped')
  }

  const running = (async () => {
    while (!pulse.stopped) {
      await look().catch((err: unknown) => log.warn({ err }, 'data keys not wrapped anew yet'))
      await pulse.wait(LOOK)
    }
  })()
  return {
    notice() {
      if (!stuck) last = undefined
    },
    async stop() {
      pulse.stop()
      await running
    },
  }
}

function createGauge(metrics: Registry) {
  return new Gauge({
    name: 'sealed_data_keys_to_rewrap',
    help: 'Data keys in the projection that a key-encryption key of before wraps, by its id',
    labelNames: ['key_id'],
    registers: [metrics],
  })
}
