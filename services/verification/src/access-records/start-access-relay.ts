import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as gather } from 'node:timers/promises'

import { createPulse } from '@lexchange/events'
import { jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Logger } from 'pino'
import { Gauge, type Registry } from 'prom-client'

import type { AccessMessage } from './access-messages.ts'
import { recoverSegments } from './recover-segments.ts'
import {
  announceHead,
  createSlotRelay,
  relaySome,
  type SlotRelay,
  type SlotRelayOptions,
  waitingIn,
} from './relay-slot.ts'
import { accessSource, replicaId } from './replica-id.ts'
import { takeOwnership } from './take-ownership.ts'

export type AccessRelayOptions = {
  /** Of all slots. */
  folder: string
  /** Slots below this have a writer of their own, which says what is on disk. */
  writers: number
  regionOf: (department: string) => string | null
  log: Logger
  metrics: Registry
  /** How soon a source says how far it has come: at most, and at least while it is idle, in ms. */
  headMs?: number
  now?: () => number
}

export type AccessRelay = {
  follow(nats: NatsConnection): void
  /** Records of a slot are on disk up to this sequence. */
  durable(slot: number, sequence: number): void
  stop(): Promise<void>
}

const AGAIN_AFTER = 1_000
const HEAD_MS = 10_000
/** Records of this long, in ms, go in one message: each message costs the broker a write. */
const GATHER_MS = 100

/**
 * Carries access records from the segments of all slots to ACCESS, also of slots that nobody writes any
 * more. What is not acknowledged stays on disk.
 */
export async function startAccessRelay(options: AccessRelayOptions): Promise<AccessRelay> {
  const { folder, log, now = Date.now, headMs = HEAD_MS } = options
  const pulse = createPulse()
  const slots = new Map<number, SlotRelay>()
  let nats: NatsConnection | undefined
  let running: Promise<void> | undefined

  const publish = async ({ subject, payload, id }: AccessMessage) => {
    if (!nats) throw new Error('NATS was not reached yet')
    await jetstream(nats).publish(subject, payload, { msgID: id, timeout: 5_000, retries: 0 })
  }
  for (const slot of await slotsIn(folder, options.writers))
    slots.set(slot, await openSlot(options, slot, { publish, now }))
  measureWaiting(options.metrics, slots)

  let headAt = now()
  async function round(): Promise<boolean> {
    let moved = false
    for (const relay of slots.values()) moved = (await relaySome(relay)) || moved
    if (now() - headAt < headMs) return moved
    headAt = now()
    for (const relay of slots.values()) await announceHead(relay)
    return moved
  }

  async function run(): Promise<void> {
    while (!pulse.stopped)
      try {
        if (await round()) await gather(GATHER_MS)
        else await pulse.wait(Math.min(headMs, AGAIN_AFTER))
      } catch (err) {
        log.warn({ err }, 'access records could not be carried on yet')
        await pulse.wait(AGAIN_AFTER)
      }
  }

  return {
    follow(connection) {
      nats = connection
      running = run()
    },
    durable(slot, sequence) {
      const relay = slots.get(slot)
      if (!relay) return
      relay.durable = Math.max(relay.durable, sequence)
      pulse.beat()
    },
    async stop() {
      pulse.stop()
      await running
      for (const relay of slots.values())
        if (nats && !nats.isClosed()) await finish(relay).catch(() => {})
    },
  }
}

/** What the last answers left is carried on still; a broker that is away keeps it on disk. */
async function finish(relay: SlotRelay): Promise<void> {
  while (await relaySome(relay));
  await announceHead(relay)
}

async function openSlot(
  { folder, writers, regionOf, log }: AccessRelayOptions,
  slot: number,
  rest: Pick<SlotRelayOptions, 'publish' | 'now'>,
): Promise<SlotRelay> {
  const own = join(folder, String(slot))
  await mkdir(own, { recursive: true, mode: 0o700 })
  const relay = await createSlotRelay({ folder: own, regionOf, log, ...rest })
  if (slot >= writers)
    relay.durable = await closeSlot(folder, slot, log).catch((err: unknown) => {
      log.error(
        { err, slot },
        'access records of a slot that is not used any more stay where they are',
      )
      return 0
    })
  return relay
}

async function slotsIn(folder: string, writers: number): Promise<number[]> {
  const names = await readdir(folder).catch(() => [])
  const slots = names.filter((name) => /^\d+$/.test(name)).map(Number)
  return [...new Set([...Array.from({ length: writers }, (_, slot) => slot), ...slots])].sort()
}

/** A slot that no worker has any more: its writer may have been killed. */
async function closeSlot(folder: string, slot: number, log: Logger): Promise<number> {
  const own = join(folder, String(slot))
  const owner = await takeOwnership(own)
  try {
    const source = accessSource(await replicaId(folder), slot)
    return (await recoverSegments(own, source, log)).head.sequence
  } finally {
    await owner.release()
  }
}

function measureWaiting(metrics: Registry, slots: ReadonlyMap<number, SlotRelay>): void {
  new Gauge({
    name: 'access_records_waiting',
    help: 'Access records on disk that ACCESS has not acknowledged',
    registers: [metrics],
    collect() {
      this.set([...slots.values()].reduce((sum, relay) => sum + waitingIn(relay), 0))
    },
  })
}
