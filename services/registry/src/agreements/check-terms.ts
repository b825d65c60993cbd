import type { AgreementTerms } from '@lexchange/contracts'
import { findLicenseType, isRegion, licenseTypes } from '@lexchange/license'
import type { Transaction } from 'kysely'

import { DirectoryEntryInvalidError, type DirectoryTables, findEntry } from '../directory/index.ts'

/** Checks the rules that a schema cannot say. @throws DirectoryEntryInvalidError */
export async function checkTerms(
  trx: Transaction<DirectoryTables>,
  terms: AgreementTerms,
): Promise<void> {
  if (!(await findEntry(trx, 'department', terms.departmentId)))
    throw new DirectoryEntryInvalidError('/departmentId', 'names no department of the directory')
  checkTypes(terms)
  for (const [index, region] of terms.regions.entries())
    if (!isRegion(region))
      throw new DirectoryEntryInvalidError(`/regions/${index}`, 'is no division code')
  checkFields('disclose', terms)
  checkFields('match', terms)
  checkValidity(terms)
}

function checkTypes(terms: AgreementTerms): void {
  for (const [index, type] of terms.licenseTypes.entries())
    if (type !== '*' && !findLicenseType(type))
      throw new DirectoryEntryInvalidError(`/licenseTypes/${index}`, 'is no license type')
}

/** A field that no granted type has would be granted to nobody, and is most likely misspelt. */
function checkFields(list: 'disclose' | 'match', terms: AgreementTerms): void {
  const granted = terms.licenseTypes.includes('*')
    ? licenseTypes
    : terms.licenseTypes.flatMap((code) => findLicenseType(code) ?? [])
  for (const [index, field] of terms[list].entries())
    if (field !== '*' && !granted.some((type) => Object.hasOwn(type.classification, field)))
      throw new DirectoryEntryInvalidError(
        `/${list}/${index}`,
        'is a claim of none of the license types',
      )
}

function checkValidity({ validFrom, validUntil }: AgreementTerms): void {
  if (Number.isNaN(Date.parse(validFrom)))
    throw new DirectoryEntryInvalidError('/validFrom', 'is no time that can be compared')
  if (validUntil !== null && !(Date.parse(validUntil) > Date.parse(validFrom)))
    throw new DirectoryEntryInvalidError('/validUntil', 'is not after validFrom')
}
