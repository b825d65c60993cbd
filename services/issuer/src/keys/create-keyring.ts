import type { AuthorityEntry } from '@lexchange/contracts'
import { createPulse } from '@lexchange/events'
import { SigningUnavailableError } from '@lexchange/keys'
import type { Logger } from 'pino'

import { type SigningKey, signingKeyAt } from './key.ts'
import { type KeyDeps, maintainKeys, makeKey } from './maintain-keys.ts'
import { listKeys } from './signing-key.repository.ts'

export type KeyringDeps = KeyDeps & {
  /** The authorities that this issuer signs for. */
  authorities: () => readonly AuthorityEntry[]
  log: Logger
}

/** Well below the overlap: every replica knows a key before it signs. */
const INTERVAL = 2_000

export type Keyring = ReturnType<typeof createKeyring>

/** The keys of this replica, kept at what the database holds, and made when they are due. */
export function createKeyring(deps: KeyringDeps) {
  const pulse = createPulse()
  let byAuthority = new Map<string, SigningKey[]>()
  let byKid = new Map<string, SigningKey>()
  let running: Promise<void> | undefined

  async function refresh(): Promise<void> {
    const keys = await listKeys(deps.db)
    byAuthority = Map.groupBy(keys, ({ authorityId }) => authorityId)
    byKid = new Map(keys.map((key) => [key.kid, key]))
  }

  const keysOf = (authorityId: string): readonly SigningKey[] => byAuthority.get(authorityId) ?? []
  const currentOf = (authorityId: string) => signingKeyAt(keysOf(authorityId), deps.now())

  async function maintain(): Promise<void> {
    await refresh()
    for (const authority of deps.authorities())
      await maintainKeys(deps, authority, keysOf(authority.id))
    await refresh()
  }

  async function watch(): Promise<void> {
    while (!pulse.stopped) {
      await maintain().catch((err: unknown) =>
        deps.log.warn({ err }, 'signing keys of authorities are not maintained'),
      )
      await pulse.wait(INTERVAL)
    }
  }

  return {
    keysOf,
    refresh,
    start() {
      running ??= watch()
    },
    /** The key that signs for an authority now; makes the first one. @throws SigningUnavailableError */
    async signerOf(authority: Pick<AuthorityEntry, 'id' | 'region'>): Promise<string> {
      if (!currentOf(authority.id)) await refresh()
      if (!currentOf(authority.id)) await makeKey(deps, authority, 'issuer').then(refresh)
      const key = currentOf(authority.id)
      if (!key) throw new SigningUnavailableError(`No key signs for ${authority.id} yet`)
      return key.kid
    },
    /** Whether something drafted for a key may still be signed with it. */
    maySign: (kid: string) => byKid.get(kid)?.compromisedSince === null,
    /** ES256, 64 bytes. @throws SigningUnavailableError */
    async sign(kid: string, data: Uint8Array): Promise<Uint8Array> {
      if (byKid.get(kid)?.compromisedSince !== null)
        throw new SigningUnavailableError(`The key ${kid} signs no more`)
      return deps.provider.sign(kid, data)
    },
    async stop() {
      pulse.stop()
      await running
      await deps.provider.close()
    },
  }
}
