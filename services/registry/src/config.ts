import {
  bytes,
  choice,
  databaseSettings,
  type Environment,
  integer,
  list,
  loadSettings,
  type Setting,
  serviceSettings,
  text,
} from '@lexchange/config'
import { type AccountKeys, parseAccountKeys } from '@lexchange/nats-accounts'

/** A secret that is checked when it is read, and never shown. */
function accountKeys(describe: string): Setting<AccountKeys | undefined> {
  return {
    ...{ describe, secret: true, fallback: undefined },
    parse: (value) => (value === '' ? undefined : parseAccountKeys(value)),
  }
}

export const registrySettings = {
  ...serviceSettings,
  ...databaseSettings,
  KEY_ENCRYPTION_KEY: bytes(
    '32 bytes in base64 that seal the private keys access tokens are signed with',
    32,
  ),
  CLAIM_KEYRING: text(
    'file of key-encryption keys that data keys of personal and secret claims are wrapped by (JSON, mode 0600): the first wraps, all unwrap',
  ),
  KEY_ROTATION_DAYS: integer(
    'days after which a new key signs access tokens, and issuers seal claims for a new one',
    { fallback: 30, min: 1, max: 3650 },
  ),
  KEY_OVERLAP_SECONDS: integer('how long a new key is published before it signs', {
    fallback: 60,
    min: 0,
    max: 86_400,
  }),
  DIRECTORY_SEED: text(
    'JSON file of authorities, departments and clients that are registered at start if missing',
    { fallback: '' },
  ),
  PUBLIC_NATS_SERVERS: list(
    'NATS servers as departments reach them, shown with their subscriptions (empty: NATS_SERVERS)',
    { fallback: [] },
  ),
  NATS_ACCOUNT_KEYS: accountKeys(
    'keys that departments are let into NATS by (JSON, made with those of NATS); without them no department gets credentials',
  ),
  WEBHOOK_ALLOW_LOCAL: choice(
    'whether webhooks may be sent by http and to this host itself, as for local use',
    ['no', 'yes'],
    { fallback: 'no' },
  ),
  STREAM_REPLICAS: integer('copies of each stream that a NATS cluster keeps', {
    fallback: 1,
    min: 1,
    max: 5,
  }),
}

export type RegistryConfig = ReturnType<typeof loadConfig>

export function loadConfig(env: Environment) {
  return loadSettings(registrySettings, env)
}
