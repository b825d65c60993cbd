import type { Transaction } from 'kysely'

import { recordAudit } from '../audit/index.ts'
import type { Act } from '../directory/index.ts'
import type { DeliveryStreams, StreamState } from './delivery-streams.ts'
import {
  PositionGoneError,
  PositionInFutureError,
  SubscriptionNotFoundError,
} from './subscription.errors.ts'
import { lockSubscription, updateSubscription } from './subscription.repository.ts'
import type { SubscriptionTables } from './subscription.tables.ts'
import type { Subscription } from './subscription.ts'

export type ReplayStart = { fromPosition: number } | { fromTime: string }

/**
 * docs/flows/replay-subscription.md
 * @throws SubscriptionNotFoundError, PositionGoneError, PositionInFutureError, DeliveriesUnavailableError
 */
export async function replaySubscription(
  trx: Transaction<SubscriptionTables>,
  streams: DeliveryStreams,
  departmentId: string,
  id: string,
  start: ReplayStart,
  act: Act,
): Promise<Subscription> {
  const present = await lockSubscription(trx, departmentId, id)
  if (!present) throw new SubscriptionNotFoundError(id)
  const licenses = await streams.stateOf('LICENSES')
  const from =
    'fromPosition' in start
      ? checkPosition(id, start.fromPosition, licenses)
      : await findPosition(streams, id, new Date(start.fromTime), licenses, act.now)
  const changed: Subscription = {
    ...present,
    behindFrom: from - 1,
    generation: present.generation + 1,
    replayPending: true,
    lastError: null,
    revision: present.revision + 1,
    updatedAt: act.now,
  }
  await updateSubscription(trx, changed)
  const detail = { ...start, position: from }
  const audit = { at: act.now, action: 'subscription.replayed', subject: id, by: act.by, detail }
  await recordAudit(trx, audit)
  return changed
}

/** Positions 0 and 1 both stand before everything that was ever there. */
function checkPosition(id: string, position: number, licenses: StreamState): number {
  const from = Math.max(position, 1)
  if (from > licenses.lastSequence + 1)
    throw new PositionInFutureError('/fromPosition', licenses.lastSequence)
  if (from < licenses.firstSequence) throw goneBefore(id, licenses)
  return from
}

async function findPosition(
  streams: DeliveryStreams,
  id: string,
  time: Date,
  licenses: StreamState,
  now: Date,
): Promise<number> {
  if (time.getTime() > now.getTime())
    throw new PositionInFutureError('/fromTime', licenses.lastSequence)
  const complete = licenses.firstSequence <= 1
  if (!complete && time.getTime() < Date.parse(licenses.firstTime)) throw goneBefore(id, licenses)
  const from = await streams.findSequenceAt(time)
  return Math.max(from, licenses.firstSequence, 1)
}

function goneBefore(subscription: string, { firstSequence, firstTime }: StreamState) {
  const detail = `LICENSES begins at position ${firstSequence}: what is older was dropped after 90 days`
  const oldest = { oldestPosition: firstSequence, oldestTime: new Date(firstTime).toISOString() }
  return new PositionGoneError({ subscription, detail }, oldest)
}
