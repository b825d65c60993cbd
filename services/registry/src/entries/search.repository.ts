import { COUNTRY, type DerivedStatus, type LicenseStatus, regionCovers } from '@lexchange/license'
import {
  type Expression,
  type ExpressionBuilder,
  type Kysely,
  type Selectable,
  type SqlBool,
  sql,
} from 'kysely'

import type { EntryTables } from './entry.tables.ts'
import type { LicenseState } from './license-view.ts'

const COLUMNS = [
  'id',
  'identifier',
  'type',
  'number',
  'holder',
  'authority_id',
  'authority_name',
  'region',
  'version',
  'status',
  'valid_from',
  'valid_until',
  'issued_at',
  'updated_at',
  'claims',
] as const

export type LicenseFilter = {
  type?: string | undefined
  region?: string | undefined
  /** USCC. */
  holder?: string | undefined
  status?: Exclude<DerivedStatus, 'unknown'> | undefined
  /** Part of the number or of the holder's name. */
  q?: string | undefined
  updatedSince?: Date | undefined
  /** What may be found at all; undefined: everything. */
  granted?: readonly Granted[] | undefined
}

/** Licenses of any of these types, in any of these regions; `*` is every type. */
export type Granted = { licenseTypes: readonly string[]; regions: readonly string[] }

export type LicensePosition = { updatedAt: Date; id: string }

type Where = ExpressionBuilder<EntryTables, 'entry'>

/** A page of licenses, ordered by the time of their last change and id. */
export async function searchLicenses(
  db: Kysely<EntryTables>,
  filter: LicenseFilter,
  page: { after: LicensePosition | undefined; limit: number; now: Date },
): Promise<LicenseState[]> {
  const rows = await db
    .selectFrom('entry')
    .select(COLUMNS)
    .where((eb) => eb.and(conditionsOf(eb, filter, page)))
    .orderBy('updated_at')
    .orderBy('id')
    .limit(page.limit)
    .execute()
  return rows.map(toLicense)
}

export async function findLicense(
  db: Kysely<EntryTables>,
  id: string,
): Promise<LicenseState | undefined> {
  const row = await db.selectFrom('entry').select(COLUMNS).where('id', '=', id).executeTakeFirst()
  return row && toLicense(row)
}

function conditionsOf(
  eb: Where,
  { type, region, holder, status, q, updatedSince, granted }: LicenseFilter,
  { after, now }: { after: LicensePosition | undefined; now: Date },
): Expression<SqlBool>[] {
  const conditions: Expression<SqlBool>[] = []
  if (type !== undefined) conditions.push(eb('type', '=', type))
  if (holder !== undefined) conditions.push(eb('holder_uscc', '=', holder))
  if (region !== undefined) conditions.push(...within(eb, region))
  if (status !== undefined) conditions.push(...hasStatus(eb, status, now))
  if (granted !== undefined) conditions.push(...isGranted(eb, granted, { type, region }))
  if (updatedSince !== undefined) conditions.push(eb('updated_at', '>=', updatedSince))
  if (q !== undefined) {
    const pattern = `%${q.replace(/[\\%_]/g, '\\$&')}%`
    conditions.push(eb.or([eb('number', 'ilike', pattern), eb('holder_name', 'ilike', pattern)]))
  }
  if (after !== undefined)
    conditions.push(
      sql<SqlBool>`(updated_at, id) > (${after.updatedAt}::timestamptz, ${after.id}::uuid)`,
    )
  return conditions
}

/** A province or a city holds what lies in it; written as the indexes have it. */
function within(eb: Where, region: string): Expression<SqlBool>[] {
  if (region === COUNTRY) return []
  if (region.endsWith('0000')) return [sql<SqlBool>`left(region, 2) = ${region.slice(0, 2)}`]
  if (region.endsWith('00')) return [sql<SqlBool>`left(region, 4) = ${region.slice(0, 4)}`]
  return [eb('region', '=', region)]
}

/** Nothing is added where one grant holds all that the filter asks for, so that indexes are used as ever. */
function isGranted(
  eb: Where,
  granted: readonly Granted[],
  { type, region = COUNTRY }: Pick<LicenseFilter, 'type' | 'region'>,
): Expression<SqlBool>[] {
  const conditions = granted.map(({ licenseTypes, regions }) => {
    const anyType = licenseTypes.includes('*') || licenseTypes.includes(type ?? '*')
    const anyRegion = regions.some((wider) => regionCovers(wider, region))
    return [
      ...(anyType ? [] : [eb('type', 'in', licenseTypes)]),
      ...(anyRegion ? [] : [eb.or(regions.map((one) => eb.and(within(eb, one))))]),
    ]
  })
  if (conditions.some((one) => one.length === 0)) return []
  return [eb.or(conditions.map((one) => eb.and(one)))]
}

/** The derived status, as `statusOf` of the license package has it. */
function hasStatus(
  eb: Where,
  status: Exclude<DerivedStatus, 'unknown'>,
  now: Date,
): Expression<SqlBool>[] {
  if (status === 'revoked' || status === 'cancelled') return [eb('status', '=', status)]
  const open = eb('status', 'in', ['active', 'suspended'])
  if (status === 'expired') return [open, eb('valid_until', '<=', now)]
  const notExpired = eb.or([eb('valid_until', 'is', null), eb('valid_until', '>', now)])
  if (status === 'not-yet-valid') return [open, notExpired, eb('valid_from', '>', now)]
  return [eb('status', '=', status), notExpired, eb('valid_from', '<=', now)]
}

function toLicense(
  row: Pick<Selectable<EntryTables['entry']>, (typeof COLUMNS)[number]>,
): LicenseState {
  return {
    id: row.id,
    identifier: row.identifier,
    type: row.type,
    number: row.number,
    holder: row.holder,
    authority: { id: row.authority_id, name: row.authority_name },
    region: row.region,
    storedStatus: row.status as LicenseStatus,
    version: row.version,
    validFrom: row.valid_from,
    validUntil: row.valid_until,
    claims: row.claims,
    issuedAt: row.issued_at,
    updatedAt: row.updated_at,
  }
}
