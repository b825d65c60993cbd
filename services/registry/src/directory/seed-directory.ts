import type { Kysely, Transaction } from 'kysely'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'

import { findEntry } from './directory.repository.ts'
import { NewAuthority, NewClient, NewDepartment } from './directory.schemas.ts'
import type { DirectoryTables } from './directory.tables.ts'
import type { EntryData, EntryKind, PublicKeyJwk } from './entry.ts'
import { newAuthority, newClient, newDepartment } from './new-entry.ts'
import { registerEntry } from './register-entry.ts'

const Seed = Compile(
  Type.Object({
    authorities: Type.Array(NewAuthority),
    departments: Type.Array(NewDepartment),
    clients: Type.Array(NewClient),
  }),
)

/** Two replicas that start at once take turns. */
const SEED_LOCK = 7_811_900_245_937_001n

/** Registers what the seed names and the directory lacks; what is there stays as it is. */
export async function seedDirectory(
  db: Kysely<DirectoryTables>,
  seed: unknown,
  now: Date,
): Promise<number> {
  if (!Seed.Check(seed)) {
    const fault = Seed.Errors(seed)[0]
    throw new Error(`DIRECTORY_SEED is malformed: ${fault?.instancePath} ${fault?.message}`)
  }
  return db.transaction().execute(async (trx) => {
    await lock(trx)
    let count = 0
    const add = async <Kind extends EntryKind>(
      kind: Kind,
      data: EntryData[Kind],
      key: PublicKeyJwk | null = null,
    ) => {
      if (await findEntry(trx, kind, data.id)) return
      await registerEntry(trx, kind, data, key, { by: 'seed', now })
      count++
    }
    for (const authority of seed.authorities) await add('authority', newAuthority(authority))
    for (const department of seed.departments) await add('department', newDepartment(department))
    for (const client of seed.clients) await add('client', newClient(client), client.publicKeyJwk)
    return count
  })
}

async function lock(trx: Transaction<DirectoryTables>): Promise<void> {
  await trx
    .selectNoFrom((eb) => eb.fn('pg_advisory_xact_lock', [eb.val(String(SEED_LOCK))]).as('locked'))
    .execute()
}
