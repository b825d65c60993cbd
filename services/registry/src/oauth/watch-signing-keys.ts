import type { TokenVerifier } from '@lexchange/auth'
import { createPulse } from '@lexchange/events'
import type { JWK } from 'jose'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'

import { SigningKeysUnavailableError } from './oauth.errors.ts'
import type { OAuthTables } from './oauth.tables.ts'
import { type KeyPolicy, maintainSigningKeys } from './rotate-signing-key.ts'
import { openKey } from './seal-key.ts'
import { publishedKeysAt, type SealedKey, signingKeyAt } from './signing.ts'
import { listKeys } from './signing-key.repository.ts'
import { dropUsedAssertions } from './used-assertions.ts'

export type SigningKeysOptions = {
  db: Kysely<OAuthTables>
  log: Logger
  verifier: TokenVerifier
  policy: KeyPolicy
  now: () => Date
}

export type SigningKeys = ReturnType<typeof watchSigningKeys>

/** Well below the overlap: every replica knows a key before it signs. */
const INTERVAL = 2_000

/** Keeps the keys of this replica at what the database holds, and makes new ones when they are due. */
export function watchSigningKeys(options: SigningKeysOptions) {
  const { db, log, now, policy } = options
  const pulse = createPulse()
  let keys: SealedKey[] = []
  let privateKeys: JWK[] = []
  let published = ''

  async function refresh(): Promise<void> {
    const present = await listKeys(db)
    const kids = present.map(({ kid }) => kid).join()
    if (kids !== keys.map(({ kid }) => kid).join())
      privateKeys = await Promise.all(present.map((key) => openKey(policy.encryptionKey, key)))
    keys = present
    const text = publishedKeys()
      .map(({ kid }) => kid)
      .join()
    if (text === published) return
    options.verifier.useKeys(jwks())
    published = text
    log.info({ kids: text.split(',') }, 'signing keys loaded')
  }

  async function maintain(): Promise<void> {
    await db.transaction().execute((trx) => maintainSigningKeys(trx, policy, now()))
    await refresh()
    await dropUsedAssertions(db, now())
  }

  const publishedKeys = () => publishedKeysAt(keys, now())
  const jwks = () => ({ keys: publishedKeys().map(({ publicJwk }) => publicJwk) }) as Jwks

  const running = (async () => {
    while (!pulse.stopped) {
      await maintain().catch((err: unknown) => log.warn({ err }, 'signing keys not maintained'))
      await pulse.wait(INTERVAL)
    }
  })()

  return {
    /** Looks at the database at once. */
    refresh,
    maintain,
    jwks,
    /** The same array until the keys change. @throws SigningKeysUnavailableError */
    privateKeys(): JWK[] {
      if (privateKeys.length === 0) throw new SigningKeysUnavailableError()
      return privateKeys
    },
    /** @throws SigningKeysUnavailableError */
    signingKid(): string {
      const key = signingKeyAt(keys, now())
      if (!key) throw new SigningKeysUnavailableError()
      return key.kid
    },
    async stop() {
      pulse.stop()
      await running
    },
  }
}

type PublicJwk = Record<'kid' | 'kty' | 'crv' | 'x' | 'y' | 'alg' | 'use', string>
type Jwks = { keys: PublicJwk[] }
