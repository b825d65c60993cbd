import { startTestNats, type TestNats, waitFor } from '@lexchange/testing'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { connectNats, consumeStream, createPulse, ensureStreams } from './index.ts'

const log = pino({ level: 'silent' })

let server: TestNats
let nats: NatsConnection

beforeAll(async () => {
  server = await startTestNats()
  nats = await connectNats({ servers: server.servers, name: 'test', log })
  await ensureStreams(nats)
  for (const text of ['1', '2', '3']) await jetstream(nats).publish('access.100000.tax', text)
})
afterAll(async () => {
  await nats.close()
  await server.stop()
})

const optionsOf = (consumer: string) => ({
  nats,
  stream: 'ACCESS' as const,
  consumer,
  batch: 10,
  log,
})

type Apply = (texts: string[]) => Promise<void>

/** Reads ACCESS until the condition holds of its consumer. */
async function consumeUntil(consumer: string, apply: Apply, holds: (left: number) => boolean) {
  const pulse = createPulse()
  const running = consumeStream(
    {
      ...optionsOf(consumer),
      apply: (messages) => apply(messages.map(({ text }) => text)),
    },
    pulse,
  )
  const manager = await jetstreamManager(nats, { checkAPI: false })
  await waitFor(async () => {
    const { num_pending, num_ack_pending } = await manager.consumers.info('ACCESS', consumer)
    return holds(num_pending + num_ack_pending)
  })
  pulse.stop()
  await running
}

describe('consumeStream', () => {
  it('keeps what it works on for as long as that takes', async () => {
    const applied: string[] = []
    const pulse = createPulse()
    let finish = () => {}
    const slow = new Promise<void>((resolve) => {
      finish = resolve
    })
    const running = consumeStream(
      {
        ...optionsOf('slow'),
        async apply(messages) {
          applied.push(...messages.map(({ text }) => text))
          await slow
        },
      },
      pulse,
    )
    const workedOn = new Set<string>()
    nats.subscribe('$JS.ACK.ACCESS.slow.>', {
      callback: (_, message) => {
        if (message.string() === '+WPI') workedOn.add(message.subject)
      },
    })
    await waitFor(() => applied.length > 0)
    const manager = await jetstreamManager(nats, { checkAPI: false })
    const info = () => manager.consumers.info('ACCESS', 'slow')
    // The server would give again what a reader says nothing about.
    await waitFor(() => workedOn.size === 3, { timeout: 20_000 })
    expect(await info()).toMatchObject({ num_redelivered: 0, num_ack_pending: 3 })
    finish()
    await waitFor(async () => (await info()).num_ack_pending === 0)
    expect(applied).toEqual(['1', '2', '3'])
    pulse.stop()
    await running
  }, 60_000)

  it('takes over a consumer that was made with other settings', async () => {
    const manager = await jetstreamManager(nats, { checkAPI: false })
    await manager.consumers.add('ACCESS', {
      ...{ durable_name: 'earlier', ack_policy: 'explicit', deliver_policy: 'all' },
      ...{ ack_wait: 60e9, max_ack_pending: 1_000 },
    })
    const applied: string[] = []
    const apply: Apply = async (texts) => void applied.push(...texts)
    await consumeUntil('earlier', apply, (left) => left === 0)
    expect(applied).toEqual(['1', '2', '3'])
    const { config } = await manager.consumers.info('ACCESS', 'earlier')
    expect(config.ack_wait).toBe(10e9)
  })

  it('acknowledges what was applied, and gives none of it again', async () => {
    const applied: string[] = []
    const apply: Apply = async (texts) => void applied.push(...texts)
    await consumeUntil('acknowledging', apply, (left) => left === 0)
    expect(applied).toEqual(['1', '2', '3'])
  })

  it('applies the same messages again until that succeeds, in their order', async () => {
    const tried: string[] = []
    const applied: string[] = []
    const apply: Apply = async (texts) => {
      tried.push(...texts)
      if (tried.length < 4) throw new Error('the database is away')
      applied.push(...texts)
    }
    await consumeUntil('trying', apply, (left) => left === 0)
    expect(applied).toEqual(['1', '2', '3'])
    expect(tried.slice(0, applied.length)).toEqual(tried.slice(0, 3))
    expect(tried.length).toBeGreaterThan(3)
  })

  it('leaves what it could not apply to who reads next', async () => {
    let tries = 0
    const failing: Apply = async () => {
      tries++
      throw new Error('the database is away')
    }
    await consumeUntil('handing-over', failing, () => tries > 0)
    const applied: string[] = []
    const apply: Apply = async (texts) => void applied.push(...texts)
    await consumeUntil('handing-over', apply, (left) => left === 0)
    expect(applied.sort()).toEqual(['1', '2', '3'])
  })
})
