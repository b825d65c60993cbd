import type { SealedFields } from '@lexchange/contracts'
import type { Claims, Holder, LicenseStatus } from '@lexchange/license'
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'

import { noteStatusChanges } from '../status-lists/index.ts'
import type { LicenseTables } from './license.tables.ts'
import type { AnyLicense, License, StoredLicense } from './license.ts'

export const COLUMNS = [
  'id',
  'serial',
  'type',
  'number',
  'authority_id',
  'authority_name',
  'authority_uscc',
  'region',
  'legacy_uscc',
  'issued_at',
  'updated_at',
  'version',
  'sequence',
  'status',
  'valid_from',
  'valid_until',
  'effective_at',
  'holder',
  'claims',
  'expired_at',
  'status_list_id',
  'status_index',
  'holder_key',
  'sealed',
  'data_key',
  'claims_erased_at',
] as const

export async function findLicense(
  db: Kysely<LicenseTables>,
  id: string,
  authorityId: string,
): Promise<StoredLicense | undefined> {
  const row = await db
    .selectFrom('license')
    .select(COLUMNS)
    .where('id', '=', id)
    .where('authority_id', '=', authorityId)
    .executeTakeFirst()
  return row && toLicense(row)
}

/** A license that an enterprise holds. */
export async function findLicenseOfHolder(
  db: Kysely<LicenseTables> | Transaction<LicenseTables>,
  id: string,
  uscc: string,
): Promise<StoredLicense | undefined> {
  const row = await db
    .selectFrom('license')
    .select(COLUMNS)
    .where('id', '=', id)
    .where(sql<boolean>`holder ->> 'kind' = 'enterprise' and holder ->> 'uscc' = ${uscc}`)
    .executeTakeFirst()
  return row && toLicense(row)
}

export async function lockLicense(
  trx: Transaction<LicenseTables>,
  id: string,
  authorityId: string,
): Promise<StoredLicense | undefined> {
  const row = await trx
    .selectFrom('license')
    .select(COLUMNS)
    .where('id', '=', id)
    .where('authority_id', '=', authorityId)
    .forUpdate()
    .executeTakeFirst()
  return row && toLicense(row)
}

/** For who works on licenses of all authorities. */
export async function lockLicenseById(
  trx: Transaction<LicenseTables>,
  id: string,
): Promise<StoredLicense | undefined> {
  const row = await trx
    .selectFrom('license')
    .select(COLUMNS)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  return row && toLicense(row)
}

/** Licenses whose end has come and was not announced; those that somebody else works on are left. */
export async function lockDueLicenses(
  trx: Transaction<LicenseTables>,
  now: Date,
  limit: number,
): Promise<StoredLicense[]> {
  const rows = await trx
    .selectFrom('license')
    .select(COLUMNS)
    .where('valid_until', '<=', now)
    .where('expired_at', 'is', null)
    .where(sql<boolean>`status in ('active', 'suspended')`)
    .orderBy('valid_until')
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute()
  return rows.map(toLicense)
}

type LicenseKey = { type: string; number: string }

/**
 * Which of these types and numbers belong to a license in being. With the lock, nobody else can make one of
 * them until the transaction ends.
 */
export async function findInBeing(
  trx: Transaction<LicenseTables>,
  keys: readonly LicenseKey[],
  now: Date,
  { lock = true } = {},
): Promise<(LicenseKey & { id: string; status: string })[]> {
  if (keys.length === 0) return []
  const types = keys.map(({ type }) => type)
  const numbers = keys.map(({ number }) => number)
  if (lock) await lockNumbers(trx, types, numbers)
  const { rows } = await sql<LicenseKey & { id: string; status: string }>`
    select license.type, license.number, license.id, license.status
    from unnest(${types}::text[], ${numbers}::text[]) as asked (type, number)
    join license on license.type = asked.type and license.number = asked.number
    where license.status in ('active', 'suspended') and license.expired_at is null
      and (license.valid_until is null or license.valid_until > ${now})`.execute(trx)
  return rows
}

/**
 * In one order for all, so that two imports never wait for each other; a statement of its own, so that the
 * next one sees what others have committed while this one waited.
 */
async function lockNumbers(
  trx: Transaction<LicenseTables>,
  types: readonly string[],
  numbers: readonly string[],
): Promise<void> {
  await sql`
    select pg_advisory_xact_lock(key) from (
      select distinct hashtextextended(type || ' ' || number, 1) as key
      from unnest(${types}::text[], ${numbers}::text[]) as asked (type, number)
      order by key offset 0
    ) as keys`.execute(trx)
}

/** The wrapped data key of a license; undefined where there is none, or none any more. */
export async function findWrappedKey(
  db: Kysely<LicenseTables> | Transaction<LicenseTables>,
  id: string,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('license')
    .select('data_key')
    .where('id', '=', id)
    .executeTakeFirst()
  return row?.data_key ?? undefined
}

/** Of a license from before claims were sealed; one that it has stays. */
export async function saveDataKey(
  trx: Transaction<LicenseTables>,
  { id, dataKey }: Pick<License, 'id' | 'dataKey'>,
): Promise<void> {
  if (!dataKey) return
  await sql`update license set data_key = ${dataKey.wrapped}
    where id = ${id} and data_key is null`.execute(trx)
}

/** Of a license from before there were credentials. */
export async function saveStatusEntry(
  trx: Transaction<LicenseTables>,
  { id, statusEntry, state }: AnyLicense,
): Promise<void> {
  if (!statusEntry) throw new Error(`license ${id} has no status entry`)
  const { listId, index } = statusEntry
  await sql`update license set status_list_id = ${listId}, status_index = ${index}
    where id = ${id}`.execute(trx)
  if (state.status !== 'active') await noteStatusChanges(trx, [{ listId, licenseId: id }])
}

export function toLicense(
  row: Pick<Selectable<LicenseTables['license']>, (typeof COLUMNS)[number]>,
): StoredLicense {
  return {
    id: row.id,
    serial: row.serial,
    type: row.type,
    number: row.number,
    authority: { id: row.authority_id, name: row.authority_name, uscc: row.authority_uscc },
    region: row.region,
    legacyUscc: row.legacy_uscc,
    issuedAt: row.issued_at,
    updatedAt: row.updated_at,
    sequence: row.sequence,
    expiredAt: row.expired_at,
    statusEntry:
      row.status_list_id === null || row.status_index === null
        ? null
        : { listId: row.status_list_id, index: row.status_index },
    holderKey: row.holder_key as License['holderKey'],
    sealed: row.sealed as SealedFields | null,
    wrappedKey: row.data_key,
    claimsErasedAt: row.claims_erased_at,
    state: {
      version: row.version,
      status: row.status as LicenseStatus,
      validFrom: row.valid_from,
      validUntil: row.valid_until,
      effectiveAt: row.effective_at,
      holder: row.holder as Holder,
      claims: row.claims as Claims,
    },
  }
}
