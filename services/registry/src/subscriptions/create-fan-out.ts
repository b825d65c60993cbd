import { ensureStreams, type ReceivedMessage, type StreamEnd } from '@lexchange/events'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'

import { listAgreementEntries, listSuspendedDepartments } from './agreement-entries.ts'
import { createCatchUps } from './catch-up.ts'
import { type Copies, copiesOf, publishCopies, readMessage } from './copy-events.ts'
import type { DeliveryStreams } from './delivery-streams.ts'
import {
  joinOthers,
  type LeaderSession,
  leaveBehind,
  recordPosition,
  recordPublished,
  recordSeen,
  resumePosition,
} from './fan-out.repository.ts'
import { createFanOutIndex, type FanOutIndex } from './fan-out-index.ts'
import type { FanOutMetrics } from './fan-out-metrics.ts'
import { createFanOutNotices } from './fan-out-notices.ts'
import { prepareReplay } from './prepare-replay.ts'
import { reconcileConsumers } from './reconcile-consumers.ts'
import type { createWebhooks } from './run-webhooks.ts'
import { listAllSubscriptions } from './subscription.repository.ts'
import type { SubscriptionTables } from './subscription.tables.ts'
import type { Subscription } from './subscription.ts'
import { watchBacklog } from './watch-backlog.ts'

export type FanOutOptions = {
  db: Kysely<SubscriptionTables>
  session: LeaderSession
  nats: NatsConnection
  streams: DeliveryStreams
  replicas: number
  webhooks: ReturnType<typeof createWebhooks>
  now: () => Date
  log: Logger
  metrics: FanOutMetrics
  /** Something happened that `refresh` has to look at. */
  beat(): void
}

/** Most events whose copies are on their way together; the position moves when all have arrived. */
const CHUNK = 256
/** How often, in ms, the consumers on DELIVERIES are compared with the subscriptions. */
const RECONCILE = 60_000

const isCarried = ({ behindFrom }: Subscription) => behindFrom === null

type Work = Omit<FanOutOptions, 'beat'> & {
  index: FanOutIndex
  /** Undefined until the stream was opened. */
  position: number | undefined
  reconciled: number
  notices: ReturnType<typeof createFanOutNotices>
  backlog: ReturnType<typeof watchBacklog>
  catchUps: ReturnType<typeof createCatchUps>
}

/**
 * The work of the leader: copies each event of LICENSES to the subscriptions that it matches. Its
 * functions must be called one after the other.
 */
export function createFanOut(options: FanOutOptions) {
  const { db, now } = options
  const work: Work = {
    ...options,
    index: createFanOutIndex([], now),
    position: undefined,
    reconciled: 0,
    notices: createFanOutNotices(db, now),
    backlog: watchBacklog(db, now),
    catchUps: createCatchUps({
      ...options,
      record: (copies) => announceCopies(work, copies),
      find: (subscription, place) => work.index.findFor(subscription, place),
    }),
  }
  return {
    refresh: () => refresh(work),
    /** Where LICENSES is to be read from. */
    start: (end: StreamEnd) => start(work, end),
    async apply(messages: readonly ReceivedMessage[]): Promise<void> {
      for (let from = 0; from < messages.length; from += CHUNK)
        await copy(work, messages.slice(from, from + CHUNK))
    },
    stop: () => work.catchUps.stop(),
  }
}

async function start(work: Work, end: StreamEnd): Promise<number> {
  const { created, firstSequence, lastSequence } = end
  await ensureStreams(work.nats, work.replicas)
  const position = await resumePosition(work.session, created, lastSequence)
  if (position + 1 < firstSequence)
    work.log.error({ position, firstSequence }, 'LICENSES lacks events that were not copied')
  work.position = position
  work.reconciled = 0
  await refresh(work)
  return Math.max(position + 1, firstSequence, 1)
}

async function copy(work: Work, chunk: readonly ReceivedMessage[]): Promise<void> {
  const messages = chunk.flatMap((message) => readMessage(message) ?? [])
  const copies = copiesOf(messages, work.index.find)
  await recordPublished(work.session, await publishCopies(work.nats, copies.published))
  const last = chunk.at(-1)?.streamSequence as number
  await recordPosition(work.session, last, copies.webhooks)
  work.position = last
  work.metrics.position.set(last)
  await announceCopies(work, copies)
}

async function announceCopies({ metrics, webhooks, notices }: Work, copies: Copies): Promise<void> {
  metrics.count(copies)
  webhooks.wake(new Set(copies.webhooks.map(({ subscription }) => subscription.id)))
  await notices.withheld(copies.withheld)
}

/** Follows what has changed: subscriptions, agreements, departments. */
async function refresh(work: Work): Promise<void> {
  const { db, now, webhooks, backlog, session } = work
  const [subscriptions, agreements, suspended] = await Promise.all([
    listAllSubscriptions(db),
    listAgreementEntries(db),
    listSuspendedDepartments(db),
  ])
  work.notices.know(subscriptions)
  const active = await prepareReplays(
    work,
    subscriptions.filter(
      ({ state, departmentId }) => state === 'active' && !suspended.has(departmentId),
    ),
  )
  await webhooks.follow(active.filter(({ kind }) => kind === 'webhook'))
  await backlog.look()
  const taking = active.filter(backlog.takesMore)
  const carried = new Map(taking.filter(isCarried).map((each) => [each.id, each]))
  work.index = createFanOutIndex(agreements, now, carried.values())
  const { position } = work
  if (position === undefined) return
  for (const subscription of subscriptions.filter(isCarried))
    if (!carried.has(subscription.id)) await leaveBehind(session, subscription.id, position)
  await recordSeen(session, subscriptions)
  await catchUp(work, taking, position)
  await reconcile(work, subscriptions)
}

/** Before the webhooks are followed, so that none of them sends what a replay is to send again. */
async function prepareReplays(
  work: Work,
  active: readonly Subscription[],
): Promise<Subscription[]> {
  const prepared: Subscription[] = []
  for (const subscription of active)
    if (!subscription.replayPending) prepared.push(subscription)
    else if (work.position === undefined || work.catchUps.isRunning(subscription.id))
      prepared.push(subscription)
    else prepared.push(await prepareOrWait(work, subscription))
  return prepared
}

/** While NATS is away a replay waits, and everything else goes on. */
async function prepareOrWait(work: Work, subscription: Subscription): Promise<Subscription> {
  try {
    return (await prepareReplay(work, subscription)) ?? subscription
  } catch (err) {
    work.log.warn({ err, subscription: subscription.id }, 'replay could not begin yet')
    return subscription
  }
}

async function catchUp(
  { catchUps, session, index }: Work,
  active: readonly Subscription[],
  upTo: number,
): Promise<void> {
  for (const subscription of active)
    if (!isCarried(subscription) && !subscription.replayPending)
      if (await catchUps.run(subscription, upTo))
        if (await joinOthers(session, subscription))
          index.add({ ...subscription, behindFrom: null })
}

async function reconcile(work: Work, subscriptions: readonly Subscription[]): Promise<void> {
  const { db, streams, now } = work
  if (now().getTime() - work.reconciled < RECONCILE) return
  work.reconciled = now().getTime()
  await reconcileConsumers(db, streams, subscriptions, now())
}
