import {
  completeJws,
  draftStatusListToken,
  encodeStatusList,
  packStatuses,
} from '@lexchange/credentials'
import type { LicenseStatus } from '@lexchange/license'
import type { Kysely, Transaction } from 'kysely'

import { credentialIssuer, type Keyring } from '../keys/index.ts'
import { STATUS_BITS, statusListUri, statusValue } from './entry.ts'
import {
  findList,
  listPending,
  listSet,
  lockList,
  type StatusListToken,
  saveToken,
} from './status-list.repository.ts'
import type { StatusListTables } from './status-list.tables.ts'

const SERIALIZATION_FAILURE = '40001'

export type PublishDeps = {
  db: Kysely<StatusListTables>
  keyring: Pick<Keyring, 'signerOf' | 'sign'>
  publicUrl: string
  /** The region that an authority's first key is announced for. */
  regionOf: (authorityId: string) => string
  /** How long a token is good, and how long a copy of it may be used, both in seconds. */
  lifetimeSeconds: number
  ttlSeconds: number
  now: () => Date
}

/**
 * Signs a list as the licenses of this moment are, and stores it together with which changes it has taken
 * in. Nothing happens while another process signs it. docs/flows/publish-status-list.md
 * @throws SigningUnavailableError
 */
export async function publishStatusList(deps: PublishDeps, listId: string): Promise<void> {
  await deps.db
    .transaction()
    // One snapshot for all: the licenses, and the changes that the token is said to have.
    .setIsolationLevel('repeatable read')
    .execute(async (trx) => {
      if (!(await lockList(trx, listId))) return
      const list = await findList(trx, listId)
      if (!list) return
      const changes = await listPending(trx, listId)
      const token = await signList(trx, deps, list)
      await saveToken(
        trx,
        listId,
        token,
        changes.map(({ id }) => id),
      )
    })
    .catch((error: { code?: unknown }) => {
      // Another process has stored one since this one began to look: PostgreSQL lets no older one replace it.
      if (error.code !== SERIALIZATION_FAILURE) throw error
    })
}

async function signList(
  trx: Transaction<StatusListTables>,
  deps: PublishDeps,
  { id, authority_id: authorityId, size }: { id: string; authority_id: string; size: number },
): Promise<StatusListToken> {
  const set = await listSet(trx, id)
  const values = set.map(
    ({ index, status }) => [index, statusValue(status as LicenseStatus)] as const,
  )
  const lst = encodeStatusList(packStatuses(size, STATUS_BITS, values), STATUS_BITS)
  const { keyring, now, publicUrl, ttlSeconds, lifetimeSeconds } = deps
  const kid = await keyring.signerOf({ id: authorityId, region: deps.regionOf(authorityId) })
  const signedAt = now()
  const expiresAt = new Date(signedAt.getTime() + lifetimeSeconds * 1000)
  const draft = draftStatusListToken({
    uri: statusListUri(publicUrl, id),
    issuer: credentialIssuer(publicUrl, authorityId),
    kid,
    issuedAt: signedAt,
    expires: expiresAt,
    ttl: ttlSeconds,
    bits: STATUS_BITS,
    lst,
  })
  const signature = await keyring.sign(kid, Buffer.from(draft.signingInput, 'latin1'))
  return { kid, token: completeJws(draft, signature), signedAt, expiresAt }
}
