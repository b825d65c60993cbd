import { encodeAccount, encodeUser, fmtCreds, newScopedSigner } from '@nats-io/jwt'
import { fromPublic, type KeyPair } from '@nats-io/nkeys'

import { deriveKey, derivePublicKey, signerOf } from './keys.ts'
import { departmentPermissions, toClaims } from './permissions.ts'

/** What is needed to change the account of the exchange; a secret. */
export type AccountKeys = {
  /** Public key of the account. */
  account: string
  serviceSigningKey: string
  operatorSigningSeed: string
  departmentSecret: string
  /** Text of a .creds file of the system account. */
  systemCredentials: string
}

/** Who may connect as a department, and what each may do. */
export type AccountState = {
  /** Departments with credentials, and the consumers of each. */
  departments: readonly { id: string; consumers: readonly string[] }[]
  /** Public keys of users, and until when (seconds) each could have been used. */
  revoked: readonly { publicKey: string; until: number }[]
}

const NO_LIMIT = -1

/** For accounts of our own: nothing is limited. */
export const SERVICE_LIMITS = {
  ...{ subs: NO_LIMIT, data: NO_LIMIT, payload: NO_LIMIT, conn: NO_LIMIT, leaf: NO_LIMIT },
  ...{ imports: NO_LIMIT, exports: NO_LIMIT, wildcards: true },
}
const STREAM_LIMITS = {
  ...{ mem_storage: NO_LIMIT, disk_storage: NO_LIMIT, streams: NO_LIMIT, consumer: NO_LIMIT },
}

/** What one connection of a department may hold. */
const DEPARTMENT_LIMITS = { subs: 1_000, data: NO_LIMIT, payload: 65_536 }

/**
 * The claims of the account: each department has a signing key whose scope says what its users may do. A change
 * of the scope applies to credentials that were given out before; the server ends their connections, and they
 * come back with the new one.
 */
export async function encodeExchangeAccount(
  keys: AccountKeys,
  state: AccountState,
): Promise<string> {
  const scopes = state.departments.map(({ id, consumers }) =>
    newScopedSigner(derivePublicKey(keys.departmentSecret, 'account', id), id, {
      ...toClaims(departmentPermissions(id, consumers)),
      ...DEPARTMENT_LIMITS,
      allowed_connection_types: ['STANDARD', 'WEBSOCKET'],
    }),
  )
  const claims = {
    limits: { ...SERVICE_LIMITS, ...STREAM_LIMITS },
    signing_keys: [keys.serviceSigningKey, ...scopes],
    revocations: Object.fromEntries(
      state.revoked.map(({ publicKey, until }) => [publicKey, until]),
    ),
  }
  const signer = signerOf(keys.operatorSigningSeed)
  return encodeAccount('exchange', fromPublic(keys.account), claims, { signer })
}

/** Whether two claims of the account say the same, whenever they were signed. */
export function saysTheSame(one: string, other: string): boolean {
  return contentOf(one) === contentOf(other)
}

function contentOf(jwt: string): string {
  // NATS has checked the signature of what it goes by.
  const payload = Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()
  const { nats, iss } = JSON.parse(payload) as { nats: unknown; iss: string }
  return JSON.stringify({ nats, iss })
}

/**
 * Text of the .creds file of a department. Made again for the same id they have the same key, so that nothing secret need be
 * kept to show them again.
 */
export async function departmentCredentials(
  keys: AccountKeys,
  credential: { id: string; departmentId: string; expiresAt: Date },
): Promise<string> {
  const { id, departmentId, expiresAt } = credential
  const user = userKey(keys, id)
  const token = await encodeUser(
    `${departmentId} ${id}`,
    user,
    fromPublic(keys.account),
    {},
    {
      scopedUser: true,
      signer: departmentKey(keys, departmentId),
      exp: Math.floor(expiresAt.getTime() / 1000),
    },
  )
  return Buffer.from(fmtCreds(token, user)).toString()
}

/** Public key of the user that a credential makes. */
export function publicKeyOf(keys: AccountKeys, credentialId: string): string {
  return derivePublicKey(keys.departmentSecret, 'user', credentialId)
}

function departmentKey(keys: AccountKeys, departmentId: string): KeyPair {
  return deriveKey(keys.departmentSecret, 'account', departmentId)
}

function userKey(keys: AccountKeys, credentialId: string): KeyPair {
  return deriveKey(keys.departmentSecret, 'user', credentialId)
}
