import type { KeyEncryption } from '@lexchange/encryption'
import { createFileKeyProvider, createPkcs11KeyProvider, type KeyProvider } from '@lexchange/keys'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'

import type { IssuerConfig } from '../config.ts'
import type { IssuerTables } from '../database.ts'
import type { Directory } from '../directory/index.ts'
import { createKeyring, type KeyDeps } from '../keys/index.ts'
import { createRegistryKey, deriveRequestKey, type Sealing } from '../sealing/index.ts'
import { createEntryPool, publishStatusList } from '../status-lists/index.ts'

const DAY = 86_400_000

/** Entry of the directory that has the registry's public key. */
const REGISTRY_KEY = 'registry-encryption'

export type SigningConfig = Pick<
  IssuerConfig,
  | 'PUBLIC_URL'
  | 'TOKEN_ISSUER'
  | 'KEY_PROVIDER'
  | 'KEY_ENCRYPTION_KEY'
  | 'KEY_DIR'
  | 'PKCS11_LIBRARY'
  | 'PKCS11_TOKEN'
  | 'PKCS11_PIN'
  | 'KEY_ROTATION_DAYS'
  | 'KEY_OVERLAP_SECONDS'
  | 'CREDENTIAL_DECOYS'
  | 'STATUS_LIST_LIFETIME_SECONDS'
  | 'STATUS_LIST_TTL_SECONDS'
  | 'STATUS_CHECK_SECONDS'
>

export type SigningOptions = {
  config: SigningConfig
  db: Kysely<IssuerTables>
  directory: Directory
  log: Logger
  now: () => Date
  newId: () => string
  /** Entries of a new status list, where not as many as usual. */
  statusListSize?: number
  provider?: KeyProvider
  /** What wraps the data keys of claims. */
  claimKeys: KeyEncryption
}

export type Signing = ReturnType<typeof buildSigning>

/** Keys, status entries and the terms of credentials, wired by the settings. */
export function buildSigning(options: SigningOptions) {
  const { config, db, directory, log, now, newId, statusListSize } = options
  const publicUrl = config.PUBLIC_URL
  const keys: KeyDeps = {
    ...{ db, publicUrl, now, newId },
    provider: options.provider ?? keyProviderOf(config),
    rotationMs: config.KEY_ROTATION_DAYS * DAY,
    overlapMs: config.KEY_OVERLAP_SECONDS * 1000,
  }
  const keyring = createKeyring({
    ...keys,
    authorities: directory.listAuthorities,
    publishedKeysOf: directory.findAuthorityKeys,
    log,
  })
  const publishing = {
    ...{ db, keyring, publicUrl, now },
    regionOf: (authorityId: string) => directory.findAuthority(authorityId)?.region ?? '000000',
    lifetimeSeconds: config.STATUS_LIST_LIFETIME_SECONDS,
    ttlSeconds: config.STATUS_LIST_TTL_SECONDS,
    checkSeconds: config.STATUS_CHECK_SECONDS,
  }
  const entries = createEntryPool({
    ...{ db, now, newId },
    publish: (listId) => publishStatusList(publishing, listId),
    ...(statusListSize !== undefined && { size: statusListSize }),
  })
  const registryUrl = config.TOKEN_ISSUER
  const terms = { publicUrl, registryUrl, decoys: config.CREDENTIAL_DECOYS }
  const sealing: Sealing = {
    keys: options.claimKeys,
    registryKey: createRegistryKey(() => directory.findKey(REGISTRY_KEY)),
    requestKey: deriveRequestKey(config.KEY_ENCRYPTION_KEY),
  }
  return { db, keys, keyring, entries, terms, publishing, sealing, now, newId }
}

function keyProviderOf(config: SigningConfig): KeyProvider {
  if (config.KEY_PROVIDER === 'pkcs11')
    return createPkcs11KeyProvider({
      library: config.PKCS11_LIBRARY,
      tokenLabel: config.PKCS11_TOKEN,
      pin: config.PKCS11_PIN,
    })
  const keyEncryptionKey = Buffer.from(config.KEY_ENCRYPTION_KEY)
  return createFileKeyProvider({ folder: config.KEY_DIR, keyEncryptionKey })
}
