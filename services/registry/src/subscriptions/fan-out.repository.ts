import type { createConnection } from '@lexchange/postgres'

import type { Copy } from './copy-events.ts'
import type { Subscription } from './subscription.ts'

/**
 * The leader's own connection, which holds its lock: whoever has lost the lock cannot write, because the
 * session ended with it.
 */
export type LeaderSession = ReturnType<typeof createConnection>

/** "lexfanou" as a number. */
const LEADER_LOCK = '7810781509860618101'

export async function tryLock(session: LeaderSession): Promise<boolean> {
  const { rows } = await session.query(`select pg_try_advisory_lock(${LEADER_LOCK}) as leader`)
  return rows[0]?.leader === true
}

/**
 * Where the fan-out goes on in the LICENSES stream of that creation. Where the stream is another than
 * before, all begin with its first event.
 */
export async function resumePosition(
  session: LeaderSession,
  created: string,
  lastSequence: number,
): Promise<number> {
  const { rows } = await session.query('select stream_created, position from fan_out')
  const [row] = rows as { stream_created: string; position: string }[]
  if (row && row.stream_created === created) return Number(row.position)
  const position = row ? 0 : lastSequence
  await session.query(
    `insert into fan_out (stream_created, position) values ($1, $2)
     on conflict (only_row) do update set stream_created = $1, position = $2`,
    [created, position],
  )
  if (row)
    await session.query('update subscription set behind_from = 0 where behind_from is not null')
  return position
}

/**
 * Records that everything up to a position was copied, together with what webhooks are to be sent. A
 * crash that takes the last of these with it repeats copies and loses none.
 */
export async function recordPosition(
  session: LeaderSession,
  position: number,
  webhooks: readonly Copy[],
): Promise<void> {
  const moved = 'update fan_out set position = $1 returning 1'
  await insertWebhookEvents(session, moved, [position], webhooks)
}

/** The same for one subscription that catches up. Returns false where it was changed meanwhile. */
export async function recordCatchUp(
  session: LeaderSession,
  { id, generation }: { id: string; generation: number },
  position: number,
  webhooks: readonly Copy[],
): Promise<boolean> {
  const moved = `update subscription set behind_from = $1
    where id = $2 and generation = $3 and state = 'active'
      and behind_from is not null
    returning 1`
  return insertWebhookEvents(session, moved, [position, id, generation], webhooks)
}

async function insertWebhookEvents(
  session: LeaderSession,
  moved: string,
  values: readonly unknown[],
  copies: readonly Copy[],
): Promise<boolean> {
  if (copies.length === 0) {
    const { rowCount } = await session.query(moved, [...values])
    return (rowCount ?? 0) > 0
  }
  const first = values.length
  const array = (index: number, type: string) => `$${first + index}::${type}[]`
  const columns = [
    array(1, 'uuid'),
    array(2, 'bigint'),
    ...[3, 4, 5, 6].map((i) => array(i, 'text')),
  ]
  const { rows } = await session.query(
    `with moved as (${moved}), added as (
       insert into webhook_event
         (subscription_id, position, event_id, event_type, license_id, message)
       select subscription_id, position, event_id, event_type, license_id, message
       from unnest(${columns.join(', ')}) with ordinality as copy
         (subscription_id, position, event_id, event_type, license_id, message, place), moved
       -- A subscription that was deleted meanwhile gets nothing any more.
       where exists (select from subscription where id = copy.subscription_id)
       order by place
       on conflict (subscription_id, event_id) do nothing
     ) select count(*) as moved from moved`,
    [
      ...values,
      copies.map(({ subscription }) => subscription.id),
      copies.map(({ message }) => message.position),
      copies.map(({ message }) => message.eventId),
      copies.map(({ message }) => message.eventType),
      copies.map(({ message }) => message.licenseId),
      copies.map(({ message }) => message.text),
    ],
  )
  return Number(rows[0]?.moved) > 0
}

/** The last message of each SSE subscription, so that an old Last-Event-ID with nothing after it still holds. */
export async function recordPublished(
  session: LeaderSession,
  last: ReadonlyMap<string, number>,
): Promise<void> {
  if (last.size === 0) return
  await session.query(
    `update subscription set published_sequence = last.sequence
     from unnest($1::uuid[], $2::bigint[]) as last (id, sequence)
     where subscription.id = last.id and published_sequence < last.sequence`,
    [[...last.keys()], [...last.values()]],
  )
}

/** Tells who has changed them that the fan-out does as they say now. */
export async function recordSeen(
  session: LeaderSession,
  subscriptions: readonly Subscription[],
): Promise<void> {
  const changed = subscriptions.filter(({ seenRevision, revision }) => seenRevision !== revision)
  if (changed.length === 0) return
  await session.query(
    `update subscription set seen_revision = seen.revision
     from unnest($1::uuid[], $2::integer[]) as seen (id, revision) where subscription.id = seen.id`,
    [changed.map(({ id }) => id), changed.map(({ revision }) => revision)],
  )
}

/** From here on the subscription gets nothing, until it catches up. */
export async function leaveBehind(
  session: LeaderSession,
  id: string,
  position: number,
): Promise<void> {
  await session.query(
    'update subscription set behind_from = $2 where id = $1 and behind_from is null',
    [id, position],
  )
}

/** From here on it catches up from where the replay begins. Returns false where it was changed meanwhile. */
export async function beginReplay(
  session: LeaderSession,
  { id, generation, behindFrom }: Pick<Subscription, 'id' | 'generation' | 'behindFrom'>,
): Promise<boolean> {
  const { rowCount } = await session.query(
    `update subscription set replay_pending = false, behind_from = $3
     where id = $1 and generation = $2`,
    [id, generation, behindFrom],
  )
  return (rowCount ?? 0) > 0
}

/** From here on the subscription is carried with all the others. Returns false where it was changed meanwhile. */
export async function joinOthers(
  session: LeaderSession,
  { id, generation }: { id: string; generation: number },
): Promise<boolean> {
  const { rowCount } = await session.query(
    `update subscription set behind_from = null
     where id = $1 and generation = $2 and state = 'active' and behind_from is not null`,
    [id, generation],
  )
  return (rowCount ?? 0) > 0
}
