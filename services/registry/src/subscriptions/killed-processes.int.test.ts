import { randomInt } from 'node:crypto'

import { licenseSubject } from '@lexchange/contracts'
import { connectNats } from '@lexchange/events'
import { freePort, waitFor } from '@lexchange/testing'
import { jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import fc from 'fast-check'
import { pino } from 'pino'
import { v7 } from 'uuid'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { issuance } from '../../test/issuances.ts'
import { DELIVERY_KINDS, type DeliveryKind, judgeArrivals } from '../../test/journal.ts'
import { startKillableProcesses } from '../../test/killable-processes.ts'

/** `CHANGES=20000 npm test -- killed-processes` is the whole proof; KILLS_SEED repeats a run's kills. */
const CHANGES = Number(process.env.CHANGES ?? 400)
const VERSIONS = 10
const KILLS_OF_EACH = Math.max(3, CHANGES / 1_000)
const SEED = Number(process.env.KILLS_SEED ?? randomInt(2 ** 31))
/** Changes that may be under way, so that kills meet deliveries and not only what waits. */
const AHEAD = Math.max(CHANGES / 20, 40)
const LANES = 16
const PATIENCE = { timeout: 120_000 + CHANGES * 20 }
const VICTIMS = ['subscriber', 'registry', 'nats'] as const

let processes: Awaited<ReturnType<typeof startKillableProcesses>>
let nats: NatsConnection

beforeAll(async () => {
  processes = await startKillableProcesses()
  const log = pino({ level: 'silent' })
  nats = await connectNats({ name: 'issuer', servers: processes.servers, log })
})
afterAll(async () => {
  await nats.close()
  await processes.stop()
})

async function call(path: string, body?: object): Promise<{ id: string; lag: number }> {
  const response = await fetch(`${processes.base}/v1/subscriptions${path}`, {
    headers: {
      authorization: `Bearer ${await processes.token()}`,
      'content-type': 'application/json',
    },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(await response.text())
  return response.json() as never
}

async function subscribe(): Promise<Record<DeliveryKind, string>> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/hook`
  const made = async (delivery: object) => (await call('', { filter: {}, delivery })).id
  const [webhook, sse, jetstream] = [
    await made({ kind: 'webhook', url }),
    await made({ kind: 'sse' }),
    await made({ kind: 'jetstream' }),
  ]
  processes.startSubscriber({ port, sse, jetstream })
  return { webhook, sse, jetstream }
}

/** Who is killed, and after how many changes: in random order, at random places. */
function planKills() {
  const victims = VICTIMS.flatMap((victim) => Array.from({ length: KILLS_OF_EACH }, () => victim))
  const [order = []] = fc.sample(fc.shuffledSubarray(victims, { minLength: victims.length }), {
    seed: SEED,
    numRuns: 1,
  })
  const [places = []] = fc.sample(
    fc.array(fc.integer({ min: 1, max: CHANGES - 1 }), {
      minLength: order.length,
      maxLength: order.length,
    }),
    { seed: SEED, numRuns: 1 },
  )
  const sorted = places.toSorted((a, b) => a - b)
  return order.map((victim, index) => ({ victim, after: sorted[index] as number }))
}

/** Puts a change into LICENSES as the registry's relay does: the same again until it was taken. */
function announcing(licenseId: string, sequence: number): () => Promise<boolean> {
  const name = sequence === 1 ? 'issued' : 'amended'
  const event = issuance(name, sequence, { licenseId })
  const subject = licenseSubject('license', event.data, name)
  const options = { msgID: event.id, timeout: 2_000, retries: 0 }
  return async () => {
    await jetstream(nats).publish(subject, JSON.stringify(event), options)
    return true
  }
}

/** The changes of one license one after the other, those of several side by side. */
async function sendChanges(licenses: readonly string[], onSent: () => Promise<void>) {
  const lanes = Array.from({ length: LANES }, (_, lane) =>
    licenses.filter((_license, index) => index % LANES === lane).map((id) => ({ id, version: 0 })),
  )
  async function run(open: { id: string; version: number }[]): Promise<void> {
    while (open.length > 0) {
      const index = randomInt(open.length)
      const license = open[index] as (typeof open)[number]
      const sequence = ++license.version
      if (sequence === VERSIONS) open.splice(index, 1)
      await waitFor(announcing(license.id, sequence), PATIENCE)
      await onSent()
    }
  }
  await Promise.all(lanes.map(run))
}

it(`loses and disorders nothing of ${CHANGES} changes while subscriber, registry and NATS are killed`, {
  timeout: 2 * PATIENCE.timeout,
}, async () => {
  const subscriptions = await subscribe()
  const licenses = Array.from({ length: CHANGES / VERSIONS }, () => v7())
  const arrivals = judgeArrivals(processes.journal)
  const { arrived } = arrivals
  const kills = planKills()
  const killed = { subscriber: 0, registry: 0, nats: 0 }
  let sent = 0
  let killing = Promise.resolve()
  const killNext = async (victim: (typeof VICTIMS)[number]) => {
    await processes.restart[victim]()
    killed[victim]++
  }
  await sendChanges(licenses, async () => {
    sent++
    while (kills[0] && kills[0].after <= sent) {
      const { victim } = kills.shift() as (typeof kills)[number]
      killing = killing.then(() => killNext(victim))
    }
    await waitFor(() => {
      arrivals.look()
      return sent - Math.max(...Object.values(arrived)) <= AHEAD
    }, PATIENCE)
  })
  await killing
  const all = { webhook: sent, sse: sent, jetstream: sent }
  await waitFor(() => {
    arrivals.look()
    return DELIVERY_KINDS.every((kind) => arrived[kind] >= sent) || arrivals.faults.length > 0
  }, PATIENCE).catch(() => {})

  expect(sent).toBe(CHANGES)
  expect({ seed: SEED, faults: arrivals.faults }).toEqual({ seed: SEED, faults: [] })
  expect({ seed: SEED, ...arrived }).toEqual({ seed: SEED, ...all })
  for (const victim of VICTIMS) expect(killed[victim]).toBeGreaterThanOrEqual(3)
  await processes.ready()
  for (const id of Object.values(subscriptions))
    await waitFor(async () => (await call(`/${id}`)).lag === 0, PATIENCE)
  const figures = { changes: sent, licenses: licenses.length, killed, repeated: arrivals.repeated }
  process.stderr.write(`${JSON.stringify({ ...figures, seed: SEED })}\n`)
})
