import type { AuthorityEntry } from '@lexchange/contracts'
import type { KeyProvider } from '@lexchange/keys'
import { appendToOutbox } from '@lexchange/postgres'
import type { Kysely, Transaction } from 'kysely'

import { recordAudit } from '../audit/index.ts'
import { toKeysMessage } from './key.events.ts'
import { isRotationDue, type Keys, type SigningKey, signingKeyAt } from './key.ts'
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

type KeyOrder = {
  by: string
  /** Asked under the lock, because another replica may have made it meanwhile. */
  isDue: (keys: Keys, now: Date) => boolean
}

/**
 * Makes a key for an authority: its id is committed first, then the provider makes it, then it is
 * published. What a crash leaves half done is completed by the next call. docs/flows/rotate-authority-key.md
 */
export async function makeKey(
  deps: KeyDeps,
  authority: Authority,
  { by, isDue }: KeyOrder,
): Promise<void> {
  await deps.db.transaction().execute(async (trx) => {
    await lockKeys(trx)
    const keys = await keysOf(trx, authority.id)
    if (!isDue(keys, deps.now())) return
    if (keys.every(({ publicJwk }) => publicJwk !== undefined))
      await planKey(trx, deps, authority, by)
  })
  await completeKeys(deps, authority)
}

/** Where none signs. */
export function makeFirstKey(deps: KeyDeps, authority: Authority): Promise<void> {
  const isDue = (keys: Keys, now: Date) => signingKeyAt(keys, now) === undefined
  return makeKey(deps, authority, { by: 'issuer', isDue })
}

/** Makes the key that is due by the clock, if one is, and completes those half done. */
export async function maintainKeys(
  deps: KeyDeps,
  authority: Authority,
  keys: readonly SigningKey[],
): Promise<void> {
  if (keys.some(({ publicJwk }) => publicJwk === undefined)) await completeKeys(deps, authority)
  else if (isRotationDue(keys, deps.now(), deps.rotationMs))
    await makeKey(deps, authority, {
      by: 'issuer',
      isDue: (present, now) => isRotationDue(present, now, deps.rotationMs),
    })
}

/** Announces the keys of an authority once more, e.g. because the registry would not take them then. */
export function announceKeys(deps: KeyDeps, authority: Authority): Promise<void> {
  return deps.db.transaction().execute((trx) => announce(trx, deps, authority))
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
    const signing = signingKeyAt(await keysOf(trx, authority.id), deps.now())
    await saveCompromise(trx, kid, wholeSecond(since))
    const detail = { since: since.toISOString(), reason }
    await audit(trx, deps, { action: 'signing-key.compromised', kid, authority, by, detail })
    // Without overlap, and in this transaction: a key that was retired must not sign again.
    if (signing?.kid === kid) await planKey(trx, { ...deps, overlapMs: 0 }, authority, by)
    await announce(trx, deps, authority)
  })
  await completeKeys(deps, authority)
}

/** `iat` and `revoked_at` count seconds: what verifiers distrust and what is made again are the same. */
function wholeSecond(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 1000) * 1000)
}

async function planKey(
  trx: Transaction<SigningKeyTables>,
  deps: KeyDeps,
  authority: Authority,
  by: string,
): Promise<void> {
  const { now, newId, overlapMs } = deps
  const createdAt = now()
  const signs = signingKeyAt(await keysOf(trx, authority.id), createdAt) !== undefined
  // Without a key that signs now there is nothing to overlap with.
  const signsFrom = signs ? new Date(createdAt.getTime() + overlapMs) : createdAt
  const kid = newId()
  await insertKey(trx, { kid, authorityId: authority.id, createdAt, signsFrom })
  const detail = { signsFrom: signsFrom.toISOString() }
  await audit(trx, deps, { action: 'signing-key.created', kid, authority, by, detail })
}

async function completeKeys(deps: KeyDeps, authority: Authority): Promise<void> {
  for (const { kid, publicJwk, createdAt, signsFrom } of await keysOf(deps.db, authority.id)) {
    if (publicJwk !== undefined) continue
    const jwk = await deps.provider.generate(kid)
    await deps.db.transaction().execute(async (trx) => {
      await lockKeys(trx)
      // The overlap counts from when others can know it.
      const overlap = signsFrom.getTime() - createdAt.getTime()
      const from = new Date(deps.now().getTime() + overlap)
      if (await savePublicJwk(trx, kid, jwk, from)) await announce(trx, deps, authority)
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
