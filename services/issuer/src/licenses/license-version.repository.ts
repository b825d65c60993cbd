import { sql, type Transaction } from 'kysely'

import type { LicenseTables } from './license.tables.ts'
import { publicState } from './sealed-state.ts'
import type { IntendedChange, SignedIntent } from './signing-intent.ts'

type Change = NonNullable<IntendedChange>

/** Stores new licenses with first version, credential and audit entry, in one round trip. */
export async function insertLicenses(
  trx: Transaction<LicenseTables>,
  signed: readonly SignedIntent[],
): Promise<void> {
  if (signed.length === 0) return
  const rows = JSON.stringify(signed.map(toRow))
  await sql`
    with input as materialized (
      select * from json_to_recordset(${rows}::json) as license (
        id uuid, serial text, type text, number text, authority_id text, authority_name text,
        authority_uscc text, region text, legacy_uscc boolean, issued_at timestamptz,
        updated_at timestamptz, version integer, sequence integer, status text,
        valid_from timestamptz, valid_until timestamptz, effective_at timestamptz,
        holder json, claims json, status_list_id uuid, status_index integer, holder_key json,
        kid text, credential text, disclosures text, signed_at timestamptz,
        sealed json, data_key text, sealed_announced boolean,
        event text, reason text, legal_basis text, by_client text, at timestamptz)
    ), stored as (
      insert into license (id, serial, type, number, authority_id, authority_name, authority_uscc,
        region, legacy_uscc, issued_at, updated_at, version, sequence, status, valid_from,
        valid_until, effective_at, holder, claims, status_list_id, status_index, holder_key,
        sealed, data_key, claims_sealed)
      select id, serial, type, number, authority_id, authority_name, authority_uscc,
        region, legacy_uscc, issued_at, updated_at, version, sequence, status, valid_from,
        valid_until, effective_at, holder, claims, status_list_id, status_index, holder_key,
        sealed, data_key, true
      from input
    ), versions as (
      insert into license_version (license_id, version, event, status, valid_from, valid_until,
        effective_at, holder, claims, reason, legal_basis, by_client, recorded_at, sealed,
        sealed_announced)
      select id, version, event, status, valid_from, valid_until, effective_at, holder, claims,
        reason, legal_basis, by_client, at, sealed, sealed_announced from input
    ), credentials as (
      insert into credential (license_id, version, issue, kid, credential, sealed, issued_at)
      select id, version, 1, kid, credential, disclosures, signed_at from input
    )
    insert into audit_entry (at, action, subject, authority_id, by_client, detail)
    select at, 'license.' || event, id::text, authority_id, by_client,
      json_build_object('version', version) from input`.execute(trx)
}

/** Stores the next version of a license with its credential and audit entry, in one round trip. */
export async function saveVersion(
  trx: Transaction<LicenseTables>,
  { license, kid, credential, draft, sealed, sealedClaims }: SignedIntent,
  { at, by, event, reason, legalBasis }: Change,
): Promise<void> {
  const { id, state, sequence, statusEntry, holderKey } = license
  const shown = publicState(license)
  const holder = JSON.stringify(shown.holder)
  const claims = JSON.stringify(shown.claims)
  const fields = sealed && JSON.stringify(sealed.fields)
  await sql`
    with changed as (
      update license set updated_at = ${at}, version = ${state.version}, sequence = ${sequence},
        status = ${state.status}, valid_from = ${state.validFrom}, valid_until = ${state.validUntil},
        effective_at = ${state.effectiveAt}, holder = ${holder}::json, claims = ${claims}::json,
        status_list_id = ${statusEntry?.listId ?? null}, status_index = ${statusEntry?.index ?? null},
        holder_key = ${holderKey && JSON.stringify(holderKey)}::json, sealed = ${fields}::json,
        data_key = coalesce(data_key, ${license.dataKey?.wrapped ?? null}::text)
      where id = ${id}
    ), versioned as (
      insert into license_version (license_id, version, event, status, valid_from, valid_until,
        effective_at, holder, claims, reason, legal_basis, by_client, recorded_at, sealed,
        sealed_announced)
      values (${id}, ${state.version}, ${event}, ${state.status}, ${state.validFrom},
        ${state.validUntil}, ${state.effectiveAt}, ${holder}, ${claims}, ${reason}, ${legalBasis},
        ${by}, ${at}, ${fields}::json, ${sealedClaims !== undefined})
    ), credentials as (
      insert into credential (license_id, version, issue, kid, credential, sealed, issued_at)
      values (${id}, ${state.version}, 1, ${kid}, ${withoutDisclosures(credential)},
        ${sealed?.disclosures ?? null}, ${issuedAtOf(draft)})
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

/** The `iat` that is signed. */
export function issuedAtOf({ issuedAt }: SignedIntent['draft']): Date {
  return new Date(issuedAt * 1000)
}

/** The signed part of an SD-JWT. */
export function withoutDisclosures(credential: string): string {
  return credential.slice(0, credential.indexOf('~') + 1)
}

function toRow({ license, kid, credential, draft, change, sealed, sealedClaims }: SignedIntent) {
  const { authority, state, statusEntry } = license
  const { at, by, event, reason, legalBasis } = change as Change
  return {
    ...{ kid, credential: withoutDisclosures(credential), signed_at: issuedAtOf(draft) },
    ...{ disclosures: sealed?.disclosures, sealed: sealed?.fields },
    data_key: license.dataKey?.wrapped,
    sealed_announced: sealedClaims !== undefined,
    ...{ event, reason, legal_basis: legalBasis, by_client: by, at },
    status_list_id: statusEntry?.listId,
    status_index: statusEntry?.index,
    holder_key: license.holderKey,
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
    ...publicState(license),
  }
}
