import { createPulse, type Pulse } from '@lexchange/events'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'

import type { RetryPolicy } from './backoff.ts'
import type { Outcome } from './send-webhook.ts'
import type { SubscriptionTables } from './subscription.tables.ts'
import { createChains } from './webhook-chains.ts'
import {
  deleteEvents,
  findPending,
  noteFailure,
  type WebhookEvent,
} from './webhook-event.repository.ts'

export type WebhookQueueOptions = {
  db: Kysely<SubscriptionTables>
  subscriptionId: string
  policy: RetryPolicy
  now: () => Date
  log: Logger
  send(event: WebhookEvent): Promise<Outcome>
  /** Called after a failed attempt, with whether the event was given up. */
  onFailure(failure: string, gaveUp: boolean): Promise<void>
  onGone(): Promise<void>
}

/** Most requests to one endpoint at a time. */
export const IN_FLIGHT = 8
/** Most licenses whose next event is held in memory; more of them wait in the database. */
const WINDOW = 500
/** Most events of one license that are read together. */
const AT_ONCE = 20
/** How often it looks without having been woken, in ms; also after the database was away. */
const IDLE = 5_000

type Queue = WebhookQueueOptions & {
  pulse: Pulse
  chains: ReturnType<typeof createChains>
  deleting: ReturnType<typeof createDeletion>
  sending: Set<Promise<void>>
  /** The last event that was read, and whether there was none after it. */
  after: string
  complete: boolean
}

/**
 * Sends what waits for one webhook: the events of a license one after the other, those of different
 * licenses side by side. What was sent is deleted, so that a crash sends a few again and forgets none.
 */
export function startWebhookQueue(options: WebhookQueueOptions) {
  const queue: Queue = {
    ...options,
    pulse: createPulse(),
    chains: createChains(),
    deleting: createDeletion(options.db, options.log),
    sending: new Set(),
    after: '0',
    complete: false,
  }
  const running = run(queue)
  return {
    /** There may be more. */
    wake() {
      queue.complete = false
      queue.pulse.beat()
    },
    async stop() {
      queue.pulse.stop()
      await running
    },
  }
}

async function run(queue: Queue): Promise<void> {
  const { pulse, log, chains, sending, now } = queue
  while (!pulse.stopped) {
    await load(queue).catch((err) => {
      queue.complete = false
      log.warn({ err }, 'webhook events could not be read yet')
    })
    startDue(queue)
    const due = sending.size < IN_FLIGHT ? chains.nextDue() : undefined
    const untilDue = due === undefined ? IDLE : due.getTime() - now().getTime()
    await pulse.wait(Math.min(Math.max(untilDue, 1), IDLE))
  }
  await Promise.all(sending)
  await queue.deleting.settle()
}

async function load(queue: Queue): Promise<void> {
  const { db, subscriptionId, chains } = queue
  while (!queue.complete && chains.size < WINDOW) {
    // Set before the question: whoever wakes the queue meanwhile has news that the answer may lack.
    queue.complete = true
    const events = await findPending(db, subscriptionId, { after: queue.after, limit: WINDOW })
    for (const event of events) chains.add(event)
    queue.after = events.at(-1)?.id ?? queue.after
    if (events.length === WINDOW) queue.complete = false
  }
}

function startDue(queue: Queue): void {
  const { chains, sending, now, log, subscriptionId, pulse } = queue
  for (const head of chains.due(now(), IN_FLIGHT - sending.size)) {
    const work = attempt(queue, head)
      .catch((err) => {
        log.warn({ err, subscription: subscriptionId }, 'webhook queue interrupted')
        chains.replace({ ...head, nextAttemptAt: new Date(now().getTime() + IDLE) })
      })
      .finally(() => {
        sending.delete(work)
        pulse.beat()
      })
    sending.add(work)
  }
}

async function attempt(queue: Queue, event: WebhookEvent): Promise<void> {
  const { db, subscriptionId, chains } = queue
  const outcome = await queue.send(event)
  if (outcome.result === 'delivered') {
    queue.deleting.add(event.id)
    const { licenseId } = event
    await chains.advance(event, (after) =>
      findPending(db, subscriptionId, { after, licenseId, limit: AT_ONCE }),
    )
  } else if (outcome.result === 'gone') {
    queue.pulse.stop()
    await queue.onGone()
  } else if (!queue.pulse.stopped) await fail(queue, event, outcome)
}

async function fail(
  queue: Queue,
  event: WebhookEvent,
  { failure, retryAfter = 0 }: Outcome & { result: 'failed' },
): Promise<void> {
  const { policy } = queue
  const at = queue.now()
  const firstAttemptAt = event.firstAttemptAt ?? at
  const attempts = event.attempts + 1
  const wait = Math.max(policy.waitAfter(attempts), retryAfter)
  const nextAttemptAt = new Date(at.getTime() + wait)
  const failed = { ...event, attempts, firstAttemptAt, nextAttemptAt }
  const gaveUp = at.getTime() - firstAttemptAt.getTime() >= policy.giveUpAfter
  await noteFailure(queue.db, failed, failure, gaveUp ? at : null)
  if (gaveUp) queue.pulse.stop()
  else queue.chains.replace(failed)
  await queue.onFailure(failure, gaveUp)
}

/** Deletes many in one statement while the one before runs. */
function createDeletion(db: Kysely<SubscriptionTables>, log: Logger) {
  let waiting: string[] = []
  let running: Promise<void> | undefined

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const ids = waiting
      waiting = []
      await deleteEvents(db, ids).catch((err) => {
        // They are sent again after a restart, unless a later deletion takes them along.
        log.warn({ err }, 'webhook events that were sent could not be deleted yet')
        waiting.push(...ids)
        return new Promise((resolve) => setTimeout(resolve, 500).unref())
      })
    }
    running = undefined
  }

  return {
    add(id: string) {
      waiting.push(id)
      running ??= run()
    },
    async settle() {
      if (running) await Promise.race([running, new Promise((r) => setTimeout(r, 2_000).unref())])
    },
  }
}
