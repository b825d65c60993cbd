import { createTokenClient } from '@lexchange/auth'
import {
  databaseSettings,
  loadSettings,
  secret,
  serviceSettings,
  text,
  url,
} from '@lexchange/config'
import { createDatabase } from '@lexchange/postgres'
import type { Kysely } from 'kysely'

import type { AccessRecordTables } from './access-records/index.ts'
import { readAnchors, verifyAudit } from './verify-audit/index.ts'

const { DATABASE_URL, DATABASE_PASSWORD } = databaseSettings
const SETTINGS = {
  ...{ DATABASE_URL, DATABASE_PASSWORD, TOKEN_ISSUER: serviceSettings.TOKEN_ISSUER },
  REGISTRY_URL: url('base URL of the registry, which keeps the anchors'),
  CLIENT_ID: text('OAuth client with the scope oversight:read'),
  CLIENT_KEY: secret('its private key, a JWK'),
}

/**
 * Proves the access records, with the settings of oversight and a client that may read anchors. Exit
 * code 1: something was removed or changed; 2: it could not be proved. docs/oversight.md
 */
let db: Kysely<AccessRecordTables> | undefined
try {
  const config = loadSettings(SETTINGS, process.env)
  const { DATABASE_URL: connectionString, DATABASE_PASSWORD: password } = config
  db = createDatabase({ connectionString, password })
  const token = createTokenClient({
    ...{ tokenEndpoint: `${config.REGISTRY_URL}/oauth/token`, issuer: config.TOKEN_ISSUER },
    ...{ clientId: config.CLIENT_ID, privateKey: JSON.parse(config.CLIENT_KEY) },
    scopes: ['oversight:read'],
  })
  const anchors = await readAnchors(config.REGISTRY_URL, token)
  const { sources, records, faults, notices } = await verifyAudit(db, anchors)
  for (const line of [...faults, ...notices]) console.log(JSON.stringify(line))
  const extent = `${records} records of ${sources} sources, ${anchors.length} anchors`
  console.log(faults.length === 0 ? `whole: ${extent}` : `${faults.length} faults in ${extent}`)
  process.exitCode = faults.length === 0 ? 0 : 1
} catch (error) {
  console.error(`Could not prove the access records: ${(error as Error).message}`)
  process.exitCode = 2
} finally {
  await db?.destroy()
}
