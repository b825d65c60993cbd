import type { NatsConnection } from '@nats-io/transport-node'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'

import { type Copies, copiesOf, publishCopies, readMessage } from './copy-events.ts'
import type { DeliveryStreams } from './delivery-streams.ts'
import { type LeaderSession, recordCatchUp, recordPublished } from './fan-out.repository.ts'
import type { Matching } from './fan-out-index.ts'
import { readLicenses } from './read-licenses.ts'
import { noteError } from './subscription.repository.ts'
import type { SubscriptionTables } from './subscription.tables.ts'
import type { EventPlace, Subscription } from './subscription.ts'

export type CatchUpOptions = {
  db: Kysely<SubscriptionTables>
  session: LeaderSession
  nats: NatsConnection
  streams: DeliveryStreams
  now: () => Date
  log: Logger
  find(subscription: Subscription, place: EventPlace): Matching
  record(copies: Copies): Promise<void>
  beat(): void
}

/** So many events the others wait for; more are caught up beside them. */
const SHORT = 500
/** Most subscriptions that catch up beside the others at a time. */
const AT_ONCE = 4

/** Copies to single subscriptions what they have missed: new ones, those resumed, those replayed. */
export function createCatchUps(options: CatchUpOptions) {
  const { session, nats, log } = options
  const running = new Map<string, Promise<void>>()
  let stopped = false

  /** Returns false where the subscription was changed meanwhile, or the work is to end. */
  async function copyRange(subscription: Subscription, upTo: number): Promise<boolean> {
    const after = await checkHeld(options, subscription)
    let goesOn = true
    await readLicenses(nats, { after, upTo }, async (batch) => {
      const messages = batch.flatMap((message) => readMessage(message) ?? [])
      const copies = copiesOf(messages, (place) => options.find(subscription, place))
      await recordPublished(session, await publishCopies(nats, copies.published))
      const last = batch.at(-1)?.streamSequence as number
      goesOn = !stopped && (await recordCatchUp(session, subscription, last, copies.webhooks))
      await options.record(copies)
      return goesOn
    })
    return goesOn && recordCatchUp(session, subscription, upTo, [])
  }

  function runBeside(subscription: Subscription, upTo: number): void {
    const { id } = subscription
    if (running.has(id) || running.size >= AT_ONCE || stopped) return
    const work = copyRange(subscription, upTo)
      .then(() => {})
      .catch((err) => log.warn({ err, subscription: id }, 'subscription could not catch up yet'))
      .finally(() => {
        running.delete(id)
        options.beat()
      })
    running.set(id, work)
  }

  return {
    isRunning: (id: string) => running.has(id),
    /** Brings one up to a position, or begins to. Returns whether it is there. */
    async run(subscription: Subscription, upTo: number): Promise<boolean> {
      const { id, behindFrom } = subscription
      if (running.has(id) || behindFrom === null) return false
      if (behindFrom >= upTo) return true
      if (upTo - behindFrom <= SHORT) return copyRange(subscription, upTo)
      runBeside(subscription, upTo)
      return false
    },
    async stop() {
      stopped = true
      await Promise.all(running.values())
    },
  }
}

/** What LICENSES does not hold any more cannot be caught up, and the department is told. */
async function checkHeld(
  { db, streams, now }: CatchUpOptions,
  { id, behindFrom }: Subscription,
): Promise<number> {
  const after = behindFrom ?? 0
  const { firstSequence } = await streams.stateOf('LICENSES')
  if (after + 1 >= firstSequence) return after
  const detail = `Events of positions ${after + 1} to ${firstSequence - 1} are not in LICENSES any more`
  await noteError(db, id, { at: now().toISOString(), code: 'position-gone', detail })
  return firstSequence - 1
}
