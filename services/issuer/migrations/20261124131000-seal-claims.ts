import { type Kysely, sql } from 'kysely'

const STATEMENTS = [
  // Values of personal and secret claims, each encrypted with the data key; null where there are none.
  sql`alter table license add sealed json`,
  // Wrapped by the key-encryption key; null where nothing is sealed, or once it was erased.
  sql`alter table license add data_key text`,
  sql`alter table license add claims_erased_at timestamptz`,
  // False of rows from before claims were sealed: a job seals them.
  sql`alter table license add claims_sealed boolean not null default false`,
  sql`alter table license_version add sealed json`,
  // Whether the registry was given them, as a JWE.
  sql`alter table license_version add sealed_announced boolean not null default false`,
  // The disclosures; the column credential then holds what is signed, without them.
  sql`alter table credential add sealed text`,
  sql`alter table signing_intent add sealed json`,
  sql`alter table signing_intent add data_key text`,
  sql`alter table import add data_key text`,
  sql`create index license_unsealed on license (id) where not claims_sealed`,
  // By the id of the key-encryption key, which the wrapped form names.
  sql`create index license_data_key on license (split_part(data_key, '.', 2), id)
    where data_key is not null`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await statement.execute(db)
}
