import { loadSettings } from '@lexchange/config'
import { createDatabase } from '@lexchange/postgres'
import type { Kysely } from 'kysely'

import { issuerSettings } from '../config.ts'
import { checkStatusLists } from './check-status-lists.ts'
import type { StatusListTables } from './status-list.tables.ts'

const { DATABASE_URL, DATABASE_PASSWORD, PUBLIC_URL } = issuerSettings
const SETTINGS = { DATABASE_URL, DATABASE_PASSWORD, PUBLIC_URL }

/**
 * Compares every published status list with the licenses, with the settings of the issuer. Exit code 1: one
 * is wrong; 2: they could not be compared. docs/operations.md
 */
let db: Kysely<StatusListTables> | undefined
try {
  const config = loadSettings(SETTINGS, process.env)
  const { DATABASE_URL: connectionString, DATABASE_PASSWORD: password } = config
  db = createDatabase({ connectionString, password })
  const deps = { db, publicUrl: config.PUBLIC_URL, now: () => new Date() }
  const faults = await checkStatusLists(deps)
  for (const fault of faults) console.log(JSON.stringify(fault))
  console.log(faults.length === 0 ? 'every status list is right' : `${faults.length} faults`)
  process.exitCode = faults.length === 0 ? 0 : 1
} catch (error) {
  console.error(`Could not compare: ${(error as Error).message}`)
  process.exitCode = 2
} finally {
  await db?.destroy()
}
