import { findUrlFault } from '@lexchange/outgoing'
import type { Transaction } from 'kysely'
import { v7 } from 'uuid'

import { recordAudit } from '../audit/index.ts'
import type { Act } from '../directory/index.ts'
import { checkFilter } from './check-filter.ts'
import { SubscriptionInvalidError, SubscriptionLimitError } from './subscription.errors.ts'
import { countConsumers, insertSubscription } from './subscription.repository.ts'
import type { SubscriptionTables } from './subscription.tables.ts'
import { type Asked, newSubscription, type Subscription } from './subscription.ts'
import type { SubscriptionDeps } from './subscription-deps.ts'
import { sealNewSecret } from './webhook-secrets.ts'

/** Most subscriptions by JetStream of one department. */
const MOST_CONSUMERS = 500

/**
 * docs/flows/create-subscription.md
 * @throws SubscriptionInvalidError, SubscriptionTooWideError, SubscriptionLimitError, DeliveriesUnavailableError
 */
export async function createSubscription(
  trx: Transaction<SubscriptionTables>,
  { streams, keyring, allowLocal, lookup }: SubscriptionDeps,
  departmentId: string,
  asked: Asked,
  act: Act,
): Promise<Subscription> {
  await checkFilter(trx, departmentId, asked.filter, act.now)
  const fault =
    asked.url === null
      ? undefined
      : await findUrlFault(asked.url, { lookup, allowLoopback: allowLocal })
  if (fault !== undefined) throw new SubscriptionInvalidError('/delivery/url', fault)
  if (asked.kind === 'jetstream' && (await countConsumers(trx, departmentId)) >= MOST_CONSUMERS)
    throw new SubscriptionLimitError(asked.kind, MOST_CONSUMERS)

  const id = v7()
  const { lastSequence: position } = await streams.stateOf('LICENSES')
  const sealed = asked.kind === 'webhook' ? await sealNewSecret(keyring, id) : undefined
  const secrets = sealed === undefined ? [] : [{ sealed, validUntil: null }]
  const start = { position, secrets, now: act.now }
  const subscription = newSubscription(id, departmentId, asked, start)
  await insertSubscription(trx, subscription)
  const { filter, kind } = asked
  await recordAudit(trx, {
    at: act.now,
    action: 'subscription.created',
    subject: id,
    by: act.by,
    // Not the whole URL, which may hold a token.
    detail: { departmentId, filter, kind, origin: asked.url && new URL(asked.url).origin },
  })
  // Before the commit: whoever is told of the consumer finds it. One that is left behind is swept away.
  if (asked.kind === 'jetstream') await streams.addConsumer(id)
  return subscription
}
