import { readFileSync } from 'node:fs'

import {
  choice,
  type Environment,
  integer,
  loadSettings,
  type Setting,
  serviceSettings,
  text,
  url,
} from '@lexchange/config'

import { parseReceiptKeys, type ReceiptKeys } from './receipts/receipt-keys.ts'

/** Private key (JWK) of the client that asks the registry for the snapshot. */
type ClientKey = Record<string, unknown>

const clientKey: Setting<ClientKey> = {
  describe: 'private key of this client: a JWK, or the path of a file that holds it',
  parse: (value) => JSON.parse(value.startsWith('{') ? value : readFileSync(value, 'utf8')),
  secret: true,
}

const receiptKeys: Setting<ReceiptKeys> = {
  describe:
    'keys that receipts are signed with, as JWKS or the path of a file that holds it: the first private one signs, all are published',
  parse: (value) => parseReceiptKeys(value.startsWith('{') ? value : readFileSync(value, 'utf8')),
  secret: true,
}

export const verificationSettings = {
  ...serviceSettings,
  REGISTRY_URL: url('where the registry is reached, for the first snapshot'),
  CLIENT_ID: text('OAuth client that asks for the snapshot', { fallback: 'verification' }),
  CLIENT_KEY: clientKey,
  RECEIPT_KEYS: receiptKeys,
  CLAIM_KEYRING: text(
    'file of key-encryption keys that data keys of personal and secret claims are wrapped by (JSON, mode 0600); the same as the registry has',
  ),
  OUTGOING_PRIVATE_HOSTS: choice(
    'whether status lists of other exchanges may be fetched from private, link-local and loopback addresses',
    ['refuse', 'allow'],
    { fallback: 'refuse' },
  ),
  DATA_DIR: text('folder of the projection (LMDB); on a local disk'),
  WORKERS: integer('processes that answer on the port', { fallback: 2, min: 1, max: 64 }),
  STALE_AFTER_SECONDS: integer('age of the projection from which answers say `stale`', {
    fallback: 10,
    min: 1,
    max: 86_400,
  }),
  PROJECTION_MAX_GIB: integer('address space kept for the projection; disk is used as needed', {
    fallback: 64,
    min: 1,
    max: 4_096,
  }),
} as const

export type VerificationConfig = ReturnType<typeof loadConfig>

export const loadConfig = (env: Environment) => loadSettings(verificationSettings, env)
