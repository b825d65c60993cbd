import {
  databaseSettings,
  type Environment,
  integer,
  loadSettings,
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
  IMPORT_MAX_BYTES: integer('largest body of an import', { fallback: 1_073_741_824, min: 1 }),
} as const

export type IssuerConfig = ReturnType<typeof loadConfig>

export function loadConfig(env: Environment) {
  return loadSettings(issuerSettings, env)
}
