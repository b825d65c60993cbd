import {
  type Asked,
  covers,
  mayDisclose,
  NoAgreementError,
  pickAgreement,
} from '@lexchange/agreements'
import type { Client } from '@lexchange/auth'
import type { AgreementEntry } from '@lexchange/contracts'
import { regionCovers } from '@lexchange/license'
import type { Kysely } from 'kysely'

import { type AgreementTables, findGrants } from '../agreements/index.ts'
import type { LicenseState } from './license-view.ts'

/** What a client may read: an authority all, a department what its agreements cover, others nothing. */
export type ReadGrants =
  | { all: true }
  | { all: false; departmentId: string | undefined; agreements: readonly AgreementEntry[] }

type Where = { type?: string | undefined; region?: string | undefined }

export async function readGrantsOf(
  db: Kysely<AgreementTables>,
  { kind, departmentId }: Client,
): Promise<ReadGrants> {
  if (kind === 'authority') return { all: true }
  const agreements = departmentId === undefined ? [] : await findGrants(db, departmentId)
  return { all: false, departmentId, agreements }
}

/**
 * The agreement that a license is read by; undefined where none is needed. Of a license that nobody
 * knows neither type nor region is asked. @throws NoAgreementError
 */
export function requireGrant(
  grants: ReadGrants,
  { type, region }: Where,
  now: Date,
): AgreementEntry | undefined {
  if (grants.all) return undefined
  const asked = askedOf(grants, { type, region }, now)
  const agreement = asked && pickAgreement(grants.agreements, asked)
  if (!agreement) throw new NoAgreementError({ departmentId: grants.departmentId, type, region })
  return agreement
}

/**
 * The agreements that a search is answered by: those that cover some of what the filter asks for;
 * undefined where none is needed. @throws NoAgreementError
 */
export function requireSearchGrants(
  grants: ReadGrants,
  { type, region }: Where,
  now: Date,
): AgreementEntry[] | undefined {
  if (grants.all) return undefined
  const asked = askedOf(grants, { type }, now)
  const found = asked ? grants.agreements.filter((agreement) => covers(agreement, asked)) : []
  const agreements = found.filter(
    ({ regions }) =>
      region === undefined ||
      regions.some((granted) => regionCovers(granted, region) || regionCovers(region, granted)),
  )
  if (agreements.length === 0)
    throw new NoAgreementError({ departmentId: grants.departmentId, type, region })
  return agreements
}

/** The license with the claims that any agreement over it discloses; all of it where none is needed. */
export function shownBy(license: LicenseState, grants: ReadGrants, now: Date): LicenseState {
  if (grants.all) return license
  const { type, region } = license
  const asked = askedOf(grants, { type, region }, now)
  const over = asked ? grants.agreements.filter((agreement) => covers(agreement, asked)) : []
  const granted = Object.entries((license.claims ?? {}) as object).filter(([field]) =>
    over.some((agreement) => mayDisclose(agreement, type, field)),
  )
  return { ...license, claims: Object.fromEntries(granted) }
}

function askedOf(
  { departmentId }: { departmentId: string | undefined },
  where: Where,
  now: Date,
): Asked | undefined {
  return departmentId === undefined ? undefined : { departmentId, ...where, now: now.getTime() }
}
