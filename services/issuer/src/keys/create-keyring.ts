import type { AuthorityEntry, AuthorityKeysEntry } from '@lexchange/contracts'
import { createPulse } from '@lexchange/events'
import { SigningUnavailableError } from '@lexchange/keys'
import type { Logger } from 'pino'

import { lacksKeys, type SigningKey, signingKeyAt } from './key.ts'
import { announceKeys, type KeyDeps, maintainKeys, makeFirstKey } from './maintain-keys.ts'
import { listKeys } from './signing-key.repository.ts'

export type KeyringDeps = KeyDeps & {
  /** The authorities that this issuer signs for. */
  authorities: () => readonly AuthorityEntry[]
  /** Keys of an authority as the directory has them. */
  publishedKeysOf: (authorityId: string) => AuthorityKeysEntry | undefined
  log: Logger
}

/** Well below the overlap: every replica knows a key before it signs. */
const INTERVAL = 2_000
/** How soon keys that the directory lacks are announced again, in ms. */
const ANNOUNCE_AGAIN = 30_000

export type Keyring = ReturnType<typeof createKeyring>

/** The keys of this replica, kept at what the database holds, and made when they are due. */
export function createKeyring(deps: KeyringDeps) {
  const pulse = createPulse()
  let byAuthority = new Map<string, SigningKey[]>()
  let byKid = new Map<string, SigningKey>()
  let running: Promise<void> | undefined
  const announcer = createAnnouncer(deps)

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
    await announcer(deps.authorities(), keysOf)
  }

  async function watch(): Promise<void> {
    const warn = (err: unknown) => deps.log.warn({ err }, 'signing keys are not maintained')
    while (!pulse.stopped) {
      await maintain().catch(warn)
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
      if (!currentOf(authority.id)) await makeFirstKey(deps, authority).then(refresh)
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

/** Announces keys that the directory goes on lacking: it may have refused them while an authority was suspended. */
function createAnnouncer(deps: KeyringDeps) {
  const lackingSince = new Map<string, number>()
  return async (
    authorities: readonly AuthorityEntry[],
    keysOf: (authorityId: string) => readonly SigningKey[],
  ): Promise<void> => {
    const now = deps.now().getTime()
    for (const authority of authorities) {
      const { id } = authority
      if (!lacksKeys(keysOf(id), deps.publishedKeysOf(id)?.jwks)) {
        lackingSince.delete(id)
      } else if (now - (lackingSince.get(id) ?? now) >= ANNOUNCE_AGAIN) {
        lackingSince.set(id, now)
        await announceKeys(deps, authority)
      } else if (!lackingSince.has(id)) {
        lackingSince.set(id, now)
      }
    }
  }
}
