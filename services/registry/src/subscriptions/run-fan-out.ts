import { createPulse, followStream, type Pulse } from '@lexchange/events'
import { createConnection, type DatabaseOptions } from '@lexchange/postgres'
import type { NatsConnection } from '@nats-io/transport-node'

import { createFanOut, type FanOutOptions } from './create-fan-out.ts'
import { type LeaderSession, tryLock } from './fan-out.repository.ts'
import { SUBSCRIPTION_CHANNEL } from './subscription.repository.ts'

export type RunFanOutOptions = Omit<FanOutOptions, 'session' | 'nats' | 'beat'> & {
  database: DatabaseOptions
  nats: Promise<NatsConnection>
}

/** How often the leader looks without having been woken, and the others whether it still leads, in ms. */
const POLL = 1_000

/**
 * Fans events out for as long as the process lives: one leader among all replicas by an advisory lock,
 * which also sends the webhooks. Resolves at once; the returned function stops it.
 */
export function runFanOut(options: RunFanOutOptions): { stop(): Promise<void> } {
  const pulse = createPulse()
  const stopped = new Promise<undefined>((resolve) => onStop(pulse, () => resolve(undefined)))
  const running = (async () => {
    // A server that was never reached is not waited for.
    const nats = await Promise.race([options.nats, stopped])
    while (nats && !pulse.stopped) await leadOnce(options, nats, pulse)
  })()
  running.catch((err) => options.log.error({ err }, 'events are not fanned out'))
  return {
    async stop() {
      pulse.stop()
      await running.catch(() => {})
    },
  }
}

function onStop(pulse: Pulse, done: () => void): void {
  const stop = pulse.stop
  pulse.stop = () => {
    stop()
    done()
  }
}

async function leadOnce(
  options: RunFanOutOptions,
  nats: NatsConnection,
  pulse: Pulse,
): Promise<void> {
  const session = createConnection(options.database)
  session.on('error', () => pulse.beat())
  try {
    await session.connect()
    if (await becomeLeader(session, pulse)) await lead(options, nats, session, pulse)
  } catch (err) {
    if (!pulse.stopped) options.log.warn({ err }, 'fan-out interrupted')
    await pulse.wait(POLL)
  } finally {
    // Ending the session gives the lock back.
    await session.end().catch(() => {})
  }
}

async function becomeLeader(session: LeaderSession, pulse: Pulse): Promise<boolean> {
  while (!pulse.stopped) {
    if (await tryLock(session)) return true
    await pulse.wait(POLL)
  }
  return false
}

async function lead(
  options: RunFanOutOptions,
  nats: NatsConnection,
  session: LeaderSession,
  pulse: Pulse,
): Promise<void> {
  const { log, webhooks } = options
  let lost = false
  session.on('end', () => {
    lost = true
    pulse.beat()
  })
  session.on('notification', () => pulse.beat())
  await session.query(`listen ${SUBSCRIPTION_CHANNEL}`)
  // What is lost with the last of these is done again, so nothing waits for the disk.
  await session.query('set synchronous_commit = off')
  log.info('fan-out leads')
  const turns = createTurns()
  const fanOut = createFanOut({ ...options, nats, session, beat: pulse.beat })
  const following = followStream({
    ...{ nats, log, stream: 'LICENSES' },
    start: (end) => turns.take(() => fanOut.start(end)),
    apply: (messages) => turns.take(() => fanOut.apply(messages)),
  })
  while (!pulse.stopped && !lost) {
    await turns
      .take(fanOut.refresh)
      .catch((err) => log.warn({ err }, 'subscriptions could not be followed yet'))
    await session.query('select 1').catch(() => {})
    await pulse.wait(POLL)
  }
  await Promise.all([following.stop(), fanOut.stop(), webhooks.stop()])
}

/** Lets one thing happen after the other. */
function createTurns() {
  let last: Promise<unknown> = Promise.resolve()
  return {
    take<T>(work: () => Promise<T>): Promise<T> {
      const turn = last.then(work)
      last = turn.catch(() => {})
      return turn
    },
  }
}
