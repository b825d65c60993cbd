import type { KeyEncryption } from '@lexchange/encryption'
import type { Transaction } from 'kysely'

import { recordAudit } from '../audit/index.ts'
import type { Act } from '../directory/index.ts'
import { SECRET_OVERLAP } from './secrets.ts'
import { DeliveryMismatchError, SubscriptionNotFoundError } from './subscription.errors.ts'
import { lockSubscription, updateSubscription } from './subscription.repository.ts'
import type { SubscriptionTables } from './subscription.tables.ts'
import { rotated, type Subscription } from './subscription.ts'
import { sealNewSecret } from './webhook-secrets.ts'

/** docs/flows/rotate-webhook-secret.md @throws SubscriptionNotFoundError, DeliveryMismatchError */
export async function rotateSecret(
  trx: Transaction<SubscriptionTables>,
  keyring: KeyEncryption,
  departmentId: string,
  id: string,
  act: Act,
): Promise<Subscription> {
  const present = await lockSubscription(trx, departmentId, id)
  if (!present) throw new SubscriptionNotFoundError(id)
  if (present.kind !== 'webhook') throw new DeliveryMismatchError(present.kind, 'webhook')
  const until = new Date(act.now.getTime() + SECRET_OVERLAP)
  const changed: Subscription = {
    ...present,
    secrets: rotated(present.secrets, await sealNewSecret(keyring, id), until),
    revision: present.revision + 1,
    updatedAt: act.now,
  }
  await updateSubscription(trx, changed)
  const action = 'subscription.secret-rotated'
  await recordAudit(trx, { at: act.now, action, subject: id, by: act.by, detail: { until } })
  return changed
}
