import type { Claims, Holder, LicenseStatus } from '@lexchange/license'
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'

import type { LicenseChange } from './license.events.ts'
import type { LicenseTables } from './license.tables.ts'
import type { License } from './license.ts'

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
] as const

export async function findLicense(
  db: Kysely<LicenseTables>,
  id: string,
  authorityId: string,
): Promise<License | undefined> {
  const row = await db
    .selectFrom('license')
    .select(COLUMNS)
    .where('id', '=', id)
    .where('authority_id', '=', authorityId)
    .executeTakeFirst()
  return row && toLicense(row)
}

export async function lockLicense(
  trx: Transaction<LicenseTables>,
  id: string,
  authorityId: string,
): Promise<License | undefined> {
  const row = await trx
    .selectFrom('license')
    .select(COLUMNS)
    .where('id', '=', id)
    .where('authority_id', '=', authorityId)
    .forUpdate()
    .executeTakeFirst()
  return row && toLicense(row)
}

/** Licenses whose end has come and was not announced; those that somebody else works on are left. */
export async function lockDueLicenses(
  trx: Transaction<LicenseTables>,
  now: Date,
  limit: number,
): Promise<License[]> {
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
 * Which of these types and numbers belong to a license in being. Until the transaction ends, nobody
 * else can make one of them.
 */
export async function findInBeing(
  trx: Transaction<LicenseTables>,
  keys: readonly LicenseKey[],
  now: Date,
): Promise<(LicenseKey & { id: string; status: string })[]> {
  if (keys.length === 0) return []
  const types = keys.map(({ type }) => type)
  const numbers = keys.map(({ number }) => number)
  // Locks in one order for all, so that two imports never wait for each other; a statement of its own,
  // so that the next one sees what others have committed while this one waited.
  await sql`
    select pg_advisory_xact_lock(key) from (
      select distinct hashtextextended(type || ' ' || number, 1) as key
      from unnest(${types}::text[], ${numbers}::text[]) as asked (type, number)
      order by key offset 0
    ) as keys`.execute(trx)
  const { rows } = await sql<LicenseKey & { id: string; status: string }>`
    select license.type, license.number, license.id, license.status
    from unnest(${types}::text[], ${numbers}::text[]) as asked (type, number)
    join license on license.type = asked.type and license.number = asked.number
    where license.status in ('active', 'suspended') and license.expired_at is null
      and (license.valid_until is null or license.valid_until > ${now})`.execute(trx)
  return rows
}

/** Stores new licenses with their first version and audit entry, in one round trip. */
export async function insertLicenses(
  trx: Transaction<LicenseTables>,
  licenses: readonly License[],
  { at, by, event, reason, legalBasis }: Omit<LicenseChange, 'eventId' | 'traceparent'>,
): Promise<void> {
  if (licenses.length === 0) return
  const rows = JSON.stringify(licenses.map(toRow))
  await sql`
    with input as materialized (
      select * from json_to_recordset(${rows}::json) as license (
        id uuid, serial text, type text, number text, authority_id text, authority_name text,
        authority_uscc text, region text, legacy_uscc boolean, issued_at timestamptz,
        updated_at timestamptz, version integer, sequence integer, status text,
        valid_from timestamptz, valid_until timestamptz, effective_at timestamptz,
        holder json, claims json)
    ), stored as (
      insert into license (id, serial, type, number, authority_id, authority_name, authority_uscc,
        region, legacy_uscc, issued_at, updated_at, version, sequence, status, valid_from,
        valid_until, effective_at, holder, claims)
      select id, serial, type, number, authority_id, authority_name, authority_uscc,
        region, legacy_uscc, issued_at, updated_at, version, sequence, status, valid_from,
        valid_until, effective_at, holder, claims from input
    ), versions as (
      insert into license_version (license_id, version, event, status, valid_from, valid_until,
        effective_at, holder, claims, reason, legal_basis, by_client, recorded_at)
      select id, version, ${event}::text, status, valid_from, valid_until,
        effective_at, holder, claims, ${reason}::text, ${legalBasis}::text, ${by}::text,
        ${at}::timestamptz from input
    )
    insert into audit_entry (at, action, subject, authority_id, by_client, detail)
    select ${at}::timestamptz, ${`license.${event}`}::text, id::text, authority_id, ${by}::text,
      json_build_object('version', version) from input`.execute(trx)
}

/** Stores the next version of a license with its audit entry, in one round trip. */
export async function saveVersion(
  trx: Transaction<LicenseTables>,
  license: License,
  { at, by, event, reason, legalBasis }: Omit<LicenseChange, 'eventId' | 'traceparent'>,
): Promise<void> {
  const { id, state, sequence } = license
  const holder = JSON.stringify(state.holder)
  const claims = JSON.stringify(state.claims)
  await sql`
    with changed as (
      update license set updated_at = ${at}, version = ${state.version}, sequence = ${sequence},
        status = ${state.status}, valid_from = ${state.validFrom}, valid_until = ${state.validUntil},
        effective_at = ${state.effectiveAt}, holder = ${holder}::json, claims = ${claims}::json
      where id = ${id}
    ), versioned as (
      insert into license_version (license_id, version, event, status, valid_from, valid_until,
        effective_at, holder, claims, reason, legal_basis, by_client, recorded_at)
      values (${id}, ${state.version}, ${event}, ${state.status}, ${state.validFrom},
        ${state.validUntil}, ${state.effectiveAt}, ${holder}, ${claims}, ${reason}, ${legalBasis},
        ${by}, ${at})
    )
    insert into audit_entry (at, action, subject, authority_id, by_client, detail)
    values (${at}, ${`license.${event}`}, ${id}::text, ${license.authority.id}, ${by},
      ${JSON.stringify({ version: state.version })})`.execute(trx)
}

/** Notes that the expiry of these licenses was announced, with the number of that event, and audits it. */
export async function markExpired(
  trx: Transaction<LicenseTables>,
  ids: readonly string[],
  at: Date,
  by: string,
): Promise<void> {
  await sql`
    with expired as (
      update license set expired_at = ${at}, sequence = sequence + 1
      where id = any(${ids}::uuid[]) returning id, authority_id, version
    )
    insert into audit_entry (at, action, subject, authority_id, by_client, detail)
    select ${at}::timestamptz, 'license.expired', id::text, authority_id, ${by}::text,
      json_build_object('version', version) from expired`.execute(trx)
}

function toRow(license: License) {
  const { authority, state } = license
  return {
    id: license.id,
    serial: license.serial,
    type: license.type,
    number: license.number,
    authority_id: authority.id,
    authority_name: authority.name,
    authority_uscc: authority.uscc,
    region: license.region,
    legacy_uscc: license.legacyUscc,
    issued_at: license.issuedAt,
    updated_at: license.updatedAt,
    version: state.version,
    sequence: license.sequence,
    status: state.status,
    valid_from: state.validFrom,
    valid_until: state.validUntil,
    effective_at: state.effectiveAt,
    holder: state.holder,
    claims: state.claims,
  }
}

export function toLicense(row: Selectable<LicenseTables['license']>): License {
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
