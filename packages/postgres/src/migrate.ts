import { readdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

import type { Kysely } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'

/**
 * Brings a database to the newest of the migrations in a folder (`<timestamp>-<name>.ts`, each
 * exporting `up`). Safe to run from several processes: one does the work.
 * @returns names of the migrations that were run.
 */
export async function migrate(db: Kysely<unknown>, folder: string): Promise<string[]> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => readMigrations(folder) } })
  const { error, results } = await migrator.migrateToLatest()
  if (error) throw error
  return (results ?? []).map(({ migrationName }) => migrationName)
}

async function readMigrations(folder: string): Promise<Record<string, Migration>> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.ts')).sort()
  const entries = files.map(async (file) => [
    file.slice(0, -'.ts'.length),
    (await import(pathToFileURL(resolve(folder, file)).href)) as Migration,
  ])
  return Object.fromEntries(await Promise.all(entries))
}
