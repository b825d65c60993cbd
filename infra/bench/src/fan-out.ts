import { licenseSubject } from '@lexchange/contracts'
import { jetstream } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'

import { type BenchOptions, type BenchResult, compare } from './bench.ts'
import { cpuTimeOf } from './cpu-time.ts'
import { RAW_COPIES, rawSource, startRawCopies } from './fan-out-raw.ts'
import { type Arrivals, openSubscribers } from './fan-out-subscribers.ts'
import { benchLicense } from './licenses.ts'
import type { Load, Side } from './load.ts'
import { type RunningRegistry, startRegistry } from './registry.ts'

const SUBSCRIPTIONS = 200
const MATCHES = 10
const CHANGES_PER_SECOND = 200
/** Most changes whose acknowledgement is waited for, when they come as fast as they can. */
const IN_FLIGHT = 256
/** Of the median subscriber's rate, what the slowest must get. */
const SLOWEST = 0.8

const REGIONS = Array.from({ length: SUBSCRIPTIONS / MATCHES }, (_, index) => `${440301 + index}`)
const regionAt = (index: number) => REGIONS[index % REGIONS.length] as string

type Flow = {
  nats: NatsConnection
  subscribers: Awaited<ReturnType<typeof openSubscribers>>
  subjectOf: (region: string) => string
}

/**
 * 200 subscriptions, each change matches 10. First at 200 changes a second, for the times; then as many as a second
 * has at once, for the ratio against copying and consuming the same messages without any of what a subscription does.
 */
export async function benchFanOut(options: BenchOptions): Promise<BenchResult> {
  const registry = await startRegistry()
  const nats = await connect({ servers: registry.servers })
  try {
    const regionOf = await subscribe(registry)
    const raw = await startRawCopies(nats, registry.servers, regionOf)
    const flows = await openFlows(nats, [...regionOf.keys()])
    const paced = await pace(flows.ours, options.paced)
    const comparison = {
      name: 'fan-out',
      ours: sideOf('the registry', flows.ours, registry.pid),
      reference: sideOf('raw copies', flows.raw, raw.pid),
      ...{ budget: 0.5, beyond: 0.7 },
    }
    const result = await compare(comparison, options).finally(raw.stop)
    const { met, note } = judge(paced, options.paced)
    return { ...result, met: result.met && met, notes: [note] }
  } finally {
    await nats.close()
    await registry.stop()
  }
}

async function openFlows(
  nats: NatsConnection,
  consumers: readonly string[],
): Promise<{ ours: Flow; raw: Flow }> {
  const [subscribers, copies] = [
    await openSubscribers(nats, 'DELIVERIES', consumers),
    await openSubscribers(nats, RAW_COPIES, consumers),
  ]
  const place = (region: string) => ({ region, type: 'business-license' })
  return {
    ours: {
      ...{ nats, subscribers },
      subjectOf: (region) => licenseSubject('license', place(region), 'issued'),
    },
    raw: { nats, subscribers: copies, subjectOf: rawSource },
  }
}

/** The region of each subscription, by its consumer. */
async function subscribe({ url, tax }: RunningRegistry): Promise<Map<string, string>> {
  const regionOf = new Map<string, string>()
  for (let index = 0; index < SUBSCRIPTIONS; index++) {
    const region = regionAt(index)
    const order = { filter: { regions: [region] }, delivery: { kind: 'jetstream' } }
    const { status, body } = await tax.call<{ id: string }>(
      'POST',
      `${url}/v1/subscriptions`,
      order,
    )
    if (status !== 201) throw new Error(`POST /v1/subscriptions answered ${status}`)
    regionOf.set(body.id, region)
  }
  return regionOf
}

/** A change of a new license. */
async function send({ nats, subscribers, subjectOf }: Flow, index: number): Promise<void> {
  const id = crypto.randomUUID()
  const region = regionAt(index)
  const { licenseId: _, ...data } = benchLicense(index)
  const event = {
    specversion: '1.0',
    id,
    source: '/authorities/shenzhen',
    type: 'lexchange.license.issued.v1',
    subject: id,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    sequence: '1',
    data: { ...data, licenseId: id, region },
  }
  subscribers.note(id)
  await jetstream(nats).publish(subjectOf(region), JSON.stringify(event))
}

async function pace(flow: Flow, seconds: number): Promise<Arrivals> {
  const changes = CHANGES_PER_SECOND * seconds
  flow.subscribers.begin()
  const began = performance.now()
  const sending: Promise<void>[] = []
  while (sending.length < changes) {
    const due = ((performance.now() - began) / 1000) * CHANGES_PER_SECOND
    while (sending.length < Math.min(due, changes)) sending.push(send(flow, sending.length))
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  await Promise.all(sending)
  return flow.subscribers.arrived(changes * MATCHES)
}

/** What the changes at a given rate show; met where the slowest subscriber is not left behind. */
export function judge({ took, rates }: Arrivals, seconds: number): { met: boolean; note: string } {
  const at = (values: readonly number[], share: number) =>
    values[Math.floor((values.length - 1) * share)] ?? Number.NaN
  const share = at(rates, 0) / at(rates, 0.5)
  const times = `p50 ${at(took, 0.5).toFixed(1)} ms, p99 ${at(took, 0.99).toFixed(1)} ms`
  return {
    met: share >= SLOWEST,
    note: `${CHANGES_PER_SECOND} changes/s for ${seconds} s: all ${took.length} deliveries arrived, ${times} from change to delivery; slowest subscriber ${share.toFixed(2)} of the median (≥ ${SLOWEST})`,
  }
}

/** As many changes at once as come in so many seconds; the rate is that of deliveries. */
function sideOf(name: string, flow: Flow, pid: number): Side {
  return {
    name,
    async measure({ seconds }): Promise<Load> {
      const changes = CHANGES_PER_SECOND * seconds
      const before = cpuTimeOf(pid)
      flow.subscribers.begin()
      const began = performance.now()
      let next = 0
      const lane = async () => {
        while (next < changes) await send(flow, next++)
      }
      await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
      const { took } = await flow.subscribers.arrived(changes * MATCHES)
      const answers = took.length
      const rate = (answers * 1000) / (performance.now() - began)
      const at = (share: number) => Math.round(took[Math.floor((answers - 1) * share)] ?? 0)
      return {
        ...{ rate, p50: at(0.5), p99: at(0.99), answers },
        cpu: (cpuTimeOf(pid) - before) / answers,
      }
    },
  }
}
