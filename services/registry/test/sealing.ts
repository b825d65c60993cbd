import type { LicenseEvent } from '@lexchange/contracts'
import { CompactEncrypt, importJWK, type JWK } from 'jose'
import { sql } from 'kysely'

import { issuance } from './issuances.ts'
import type { TestRegistry } from './start-registry.ts'

/** What a license of business has besides its public claims. */
export const publicClaims = {
  name: 'Company',
  enterpriseType: 'limited-liability',
  legalRepresentative: 'Someone',
  registeredCapital: { amount: '1000.00', currency: 'CNY' },
  establishedOn: '2020-01-01',
  businessScope: 'Software',
  domicile: 'Shenzhen',
}

/** The public key that the directory announces. */
export async function encryptionKeyOf(registry: TestRegistry): Promise<JWK> {
  const { rows } = await sql<{ data: { jwks: { keys: JWK[] } } }>`
    select data from directory_entry where kind = 'key' and id = 'registry-encryption'`.execute(
    registry.db,
  )
  const key = rows[0]?.data.jwks.keys[0]
  if (!key) throw new Error('no key is announced')
  return key
}

/** A compact JWE of claims, as an issuer makes it. */
export async function seal(key: JWK, claims: unknown, lic: string, ver: number): Promise<string> {
  const text = typeof claims === 'string' ? claims : JSON.stringify(claims)
  const header = { alg: 'ECDH-ES+A256KW', enc: 'A256GCM', kid: key.kid as string, lic, ver }
  return new CompactEncrypt(new TextEncoder().encode(text))
    .setProtectedHeader(header)
    .encrypt(await importJWK(key, 'ECDH-ES+A256KW'))
}

/** An event whose version has sealed claims. */
export async function sealedIssuance(
  registry: TestRegistry,
  event: LicenseEvent,
  version: number,
  licenseId: string,
  claims: unknown,
) {
  const sealedClaims = await seal(await encryptionKeyOf(registry), claims, licenseId, version)
  return issuance(event, version, {
    ...{ licenseId, claims: publicClaims, sealed: true, sealedClaims },
  })
}

/** What an issuer announces when it erases the claims of a license. */
export function erasure(licenseId: string, changes: Record<string, unknown> = {}) {
  const { data, ...event } = issuance('issued', 1, { licenseId })
  return {
    ...event,
    type: 'lexchange.license.claims-erased.v1',
    data: {
      licenseId,
      type: data.type,
      region: data.region,
      authorityId: 'shenzhen',
      erasedAt: '2026-11-24T01:00:00.000Z',
      reason: 'The holder has asked for it',
      legalBasis: null,
      by: 'shenzhen-authority',
      ...changes,
    },
  }
}

/** Tables of the registry in which a text stands, in any column. */
export async function tablesWith({ db }: TestRegistry, marker: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE'`.execute(db)
  const found: string[] = []
  for (const { name } of rows) {
    const table = sql.table(name)
    const hits = await sql`
      select 1 from ${table} as row where row::text like ${`%${marker}%`} limit 1`.execute(db)
    if (hits.rows.length > 0) found.push(name)
  }
  return found
}
