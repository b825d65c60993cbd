import { covers } from '@lexchange/agreements'
import { type AgreementEntry, LICENSE_EVENTS } from '@lexchange/contracts'
import { COUNTRY, findLicenseType, isRegion, licenseTypes } from '@lexchange/license'
import type { Transaction } from 'kysely'

import type { DirectoryTables } from '../directory/index.ts'
import { listAgreementEntries } from './agreement-entries.ts'
import { SubscriptionInvalidError, SubscriptionTooWideError } from './subscription.errors.ts'
import type { SubscriptionFilter } from './subscription.ts'

/**
 * A filter names what exists, and is as wide as the department's agreements at most: for each type and
 * region in it there is an agreement that covers both. What is absent stands for every type and the country.
 * @throws SubscriptionInvalidError, SubscriptionTooWideError
 */
export async function checkFilter(
  trx: Transaction<DirectoryTables>,
  departmentId: string,
  filter: SubscriptionFilter,
  now: Date,
): Promise<void> {
  checkNames(filter)
  const agreements = await listAgreementEntries(trx, departmentId)
  checkWidth(agreements, departmentId, filter, now)
}

function checkNames({ types = [], regions = [], events = [] }: SubscriptionFilter): void {
  refuseUnless('types', types, (type) => findLicenseType(type) !== undefined, 'is no license type')
  refuseUnless('regions', regions, isRegion, 'is no division code')
  const known: readonly string[] = LICENSE_EVENTS
  const oneOf = `is none of ${LICENSE_EVENTS.join(', ')}`
  refuseUnless('events', events, (event) => known.includes(event), oneOf)
}

function refuseUnless(
  member: string,
  values: readonly string[],
  holds: (value: string) => boolean,
  detail: string,
): void {
  for (const [index, value] of values.entries())
    if (!holds(value)) throw new SubscriptionInvalidError(`/filter/${member}/${index}`, detail)
}

function checkWidth(
  agreements: readonly AgreementEntry[],
  departmentId: string,
  { types, regions }: SubscriptionFilter,
  now: Date,
): void {
  const covered = (type: string, region?: string) =>
    agreements.some((each) => covers(each, { departmentId, type, region, now: now.getTime() }))
  const asked = types ?? licenseTypes.map(({ code }) => code)
  for (const [index, type] of asked.entries())
    if (!covered(type))
      throw new SubscriptionTooWideError(pointerOf('types', types, index), { type, region: 'any' })
  for (const [index, region] of (regions ?? [COUNTRY]).entries())
    for (const type of asked)
      if (!covered(type, region))
        throw new SubscriptionTooWideError(pointerOf('regions', regions, index), { type, region })
}

function pointerOf(member: string, values: readonly string[] | undefined, index: number): string {
  return values ? `/filter/${member}/${index}` : `/filter/${member}`
}
