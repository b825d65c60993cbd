import {
  bytes,
  choice,
  databaseSettings,
  type Environment,
  integer,
  list,
  loadSettings,
  secret,
  serviceSettings,
  text,
} from '@lexchange/config'

export const issuerSettings = {
  ...serviceSettings,
  ...databaseSettings,
  CONSUMER_NAME: text('durable consumer on DIRECTORY: one for each issuer database', {
    fallback: 'issuer',
  }),
  EXPIRY_POLL_MS: integer('how often licenses that have ended are looked for, in ms', {
    fallback: 1_000,
    min: 10,
    max: 3_600_000,
  }),
  AUTHORITY_IDS: list(
    'authorities that this issuer issues and signs for; none named: all of them',
    {
      fallback: [],
    },
  ),
  KEY_PROVIDER: choice('what holds the private keys of authorities', ['file', 'pkcs11'], {
    fallback: 'file',
  }),
  KEY_ENCRYPTION_KEY: bytes('32 bytes in base64 that private keys are encrypted with', 32),
  CLAIM_KEYRING: text(
    'file of the keys (mode 0600) that wrap the data keys of personal and secret claims; the first one wraps',
  ),
  KEY_DIR: text('folder of the encrypted private keys, for the key provider `file`'),
  PKCS11_LIBRARY: text('PKCS#11 library, for the key provider `pkcs11`', { fallback: '' }),
  PKCS11_TOKEN: text('label of the PKCS#11 token', { fallback: '' }),
  PKCS11_PIN: secret('user PIN of the PKCS#11 token', { fallback: '' }),
  KEY_ROTATION_DAYS: integer('days after which a new key signs for an authority', {
    fallback: 90,
    min: 1,
    max: 3_650,
  }),
  KEY_OVERLAP_SECONDS: integer('how long a new key is published before it signs', {
    fallback: 300,
    min: 1,
    max: 604_800,
  }),
  CREDENTIAL_DECOYS: integer('digests without a claim in each credential', {
    fallback: 0,
    max: 50,
  }),
  STATUS_LIST_LIFETIME_SECONDS: integer('how long a signed status list is good', {
    fallback: 43_200,
    min: 60,
    max: 2_592_000,
  }),
  STATUS_LIST_TTL_SECONDS: integer('how long a copy of a status list may be used', {
    fallback: 60,
    min: 1,
    max: 86_400,
  }),
  STATUS_CHECK_SECONDS: integer('how often published lists are compared with the licenses', {
    fallback: 60,
    min: 1,
    max: 86_400,
  }),
  SANDBOX: choice(
    'whether /v1/sandbox exists, by which integrators issue and change licenses of made-up companies: never where licenses count',
    ['no', 'yes'],
    { fallback: 'no' },
  ),
  IMPORT_MAX_BYTES: integer('largest body of an import', { fallback: 1_073_741_824, min: 1 }),
} as const

export type IssuerConfig = ReturnType<typeof loadConfig>

export function loadConfig(env: Environment) {
  return loadSettings(issuerSettings, env)
}
