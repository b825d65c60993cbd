import { type AccountKeys, publicKeyOf } from '@lexchange/nats-accounts'
import type { Kysely, Transaction } from 'kysely'

import { recordAudit } from '../audit/index.ts'
import type { Act } from '../directory/index.ts'
import { NatsCredentialNotFoundError } from './nats-credential.errors.ts'
import {
  listLive,
  listLiveOfSuspended,
  lockAccount,
  lockCredential,
  markRevoked,
} from './nats-credential.repository.ts'
import type { NatsCredentialTables } from './nats-credential.tables.ts'
import type { NatsCredential } from './nats-credential.ts'

const REGISTRY = 'registry'

/** docs/flows/revoke-nats-credentials.md @throws NatsCredentialNotFoundError */
export async function revokeNatsCredentials(
  trx: Transaction<NatsCredentialTables>,
  departmentId: string,
  id: string,
  act: Pick<Act, 'by' | 'now'>,
): Promise<void> {
  const credential = await lockCredential(trx, departmentId, id)
  if (!credential) throw new NatsCredentialNotFoundError(departmentId, id)
  if (credential.revokedAt === null) await revoke(trx, [credential], 'asked for', act)
}

/** A department that is suspended loses its credentials for good; it asks for new ones afterwards. */
export async function revokeOfSuspended(
  db: Kysely<NatsCredentialTables>,
  now: Date,
): Promise<void> {
  if ((await listLiveOfSuspended(db, now)).length === 0) return
  await db.transaction().execute(async (trx) => {
    // One replica does it, and records it once.
    await lockAccount(trx)
    const live = await listLiveOfSuspended(trx, now)
    await revoke(trx, live, 'department suspended', { by: REGISTRY, now })
  })
}

/** What was made by keys that are no longer the account's opens nothing, and is listed as such. */
export async function revokeOfOtherKeys(
  db: Kysely<NatsCredentialTables>,
  keys: AccountKeys,
  now: Date,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await lockAccount(trx)
    const live = await listLive(trx, now)
    const others = live.filter(({ id, publicKey }) => publicKeyOf(keys, id) !== publicKey)
    await revoke(trx, others, 'keys replaced', { by: REGISTRY, now })
  })
}

async function revoke(
  trx: Transaction<NatsCredentialTables>,
  credentials: readonly NatsCredential[],
  why: string,
  { by, now }: Pick<Act, 'by' | 'now'>,
): Promise<void> {
  await markRevoked(
    trx,
    credentials.map(({ id }) => id),
    by,
    now,
  )
  for (const { id, departmentId, publicKey } of credentials)
    await recordAudit(trx, {
      ...{ at: now, action: 'nats-credential.revoked', subject: id, by },
      detail: { departmentId, publicKey, why },
    })
}
