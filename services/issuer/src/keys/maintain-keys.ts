import type { AuthorityEntry } from '@lexchange/contracts'
import type { KeyProvider } from '@lexchange/keys'
import { appendToOutbox } from '@lexchange/postgres'
import type { Kysely, Transaction } from 'kysely'

import { recordAudit } from '../audit/index.ts'
import { toKeysMessage } from './key.events.ts'
import { isRotationDue, type SigningKey, signingKeyAt } from './key.ts'
import {
  insertKey,
  listKeys,
  lockKeys,
  saveCompromise,
  savePublicJwk,
} from './signing-key.repository.ts'
import type { SigningKeyTables } from './signing-key.tables.ts'

export type KeyDeps = {
  db: Kysely<SigningKeyTables>
  provider: KeyProvider
  publicUrl: string
  /** How long a key signs. */
  rotationMs: number
  /** How long a new key is published before it signs. */
  overlapMs: number
  now: () => Date
  newId: () => string
}

type Authority = Pick<AuthorityEntry, 'id' | 'region'>

/**
 * Makes a key for an authority: its id is committed first, then the provider makes it, then it is
 * published. What a crash leaves half done is completed by the next call. docs/flows/rotate-authority-key.md
 */
export async function makeKey(deps: KeyDeps, authority: Authority, by: string): Promise<void> {
  await deps.db.transaction().execute(async (trx) => {
    await lockKeys(trx)
    const keys = await keysOf(trx, authority.id)
    if (keys.some(({ publicJwk }) => publicJwk === undefined)) return
    const { kid, signsFrom } = await planKey(trx, deps, authority.id)
    const detail = { signsFrom: signsFrom.toISOString() }
    await audit(trx, deps, { action: 'signing-key.created', kid, authority, by, detail })
  })
  await completeKeys(deps, authority)
}

/** Makes the key that is due by the clock, if one is, and completes those half done. */
export async function maintainKeys(
  deps: KeyDeps,
  authority: Authority,
  keys: readonly SigningKey[],
): Promise<void> {
  if (keys.some(({ publicJwk }) => publicJwk === undefined)) await completeKeys(deps, authority)
  else if (isRotationDue(keys, deps.now(), deps.rotationMs))
    await makeKey(deps, authority, 'issuer')
}

/**
 * Distrusts what a key has signed since a time, in the authority's name, and has a new key sign at once.
 * docs/flows/compromise-authority-key.md
 */
export async function compromiseKey(
  deps: KeyDeps,
  authority: Authority,
  { kid, since, by, reason }: { kid: string; since: Date; by: string; reason: string },
): Promise<void> {
  await deps.db.transaction().execute(async (trx) => {
    await lockKeys(trx)
    await saveCompromise(trx, kid, since)
    const detail = { since: since.toISOString(), reason }
    await audit(trx, deps, { action: 'signing-key.compromised', kid, authority, by, detail })
    await announce(trx, deps, authority)
  })
  const keys = await keysOf(deps.db, authority.id)
  if (!signingKeyAt(keys, deps.now())) await makeKey(deps, authority, by)
}

async function planKey(
  trx: Transaction<SigningKeyTables>,
  { now, newId, overlapMs }: KeyDeps,
  authorityId: string,
) {
  const createdAt = now()
  const signs = signingKeyAt(await keysOf(trx, authorityId), createdAt) !== undefined
  // Without a key that signs now there is nothing to overlap with.
  const signsFrom = signs ? new Date(createdAt.getTime() + overlapMs) : createdAt
  const key = { kid: newId(), authorityId, createdAt, signsFrom }
  await insertKey(trx, key)
  return key
}

async function completeKeys(deps: KeyDeps, authority: Authority): Promise<void> {
  for (const { kid, publicJwk, createdAt, signsFrom } of await keysOf(deps.db, authority.id)) {
    if (publicJwk !== undefined) continue
    const jwk = await deps.provider.generate(kid)
    await deps.db.transaction().execute(async (trx) => {
      await lockKeys(trx)
      // The overlap counts from when others can know it.
      const overlap = signsFrom.getTime() - createdAt.getTime()
      await savePublicJwk(trx, kid, jwk, new Date(deps.now().getTime() + overlap))
      await announce(trx, deps, authority)
    })
  }
}

async function announce(
  trx: Transaction<SigningKeyTables>,
  { publicUrl, now, newId }: KeyDeps,
  authority: Authority,
): Promise<void> {
  const keys = await keysOf(trx, authority.id)
  const message = toKeysMessage(authority, keys, { publicUrl, eventId: newId(), at: now() })
  await appendToOutbox(trx, message)
}

async function keysOf(db: Kysely<SigningKeyTables>, authorityId: string): Promise<SigningKey[]> {
  return (await listKeys(db)).filter((key) => key.authorityId === authorityId)
}

function audit(
  trx: Transaction<SigningKeyTables>,
  { now }: KeyDeps,
  entry: { action: string; kid: string; authority: Authority; by: string; detail: object },
) {
  const { action, kid, authority, by, detail } = entry
  return recordAudit(trx, {
    at: now(),
    action,
    subject: kid,
    authorityId: authority.id,
    by,
    detail: { ...detail },
  })
}
