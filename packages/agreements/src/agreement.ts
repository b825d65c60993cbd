import type { AgreementEntry } from '@lexchange/contracts'
import { findLicenseType, regionCovers } from '@lexchange/license'

/** What is asked for; a license that nobody knows has no region, and its type may be unknown too. */
export type Asked = {
  departmentId: string
  /** Undefined: whatever the purpose, as the status route and reads of the registry ask. */
  purpose?: string | undefined
  type?: string | undefined
  region?: string | undefined
  /** In ms since 1970: agreements hold from `validFrom` until before `validUntil`. */
  now: number
}

/** Whether an agreement covers what is asked. */
export function covers(agreement: AgreementEntry, asked: Asked): boolean {
  const { departmentId, purpose, type, region, now } = asked
  return (
    agreement.departmentId === departmentId &&
    agreement.state === 'active' &&
    (purpose === undefined || agreement.purpose === purpose) &&
    Date.parse(agreement.validFrom) <= now &&
    (agreement.validUntil === null || now < Date.parse(agreement.validUntil)) &&
    (type === undefined || coversType(agreement, type)) &&
    (region === undefined || agreement.regions.some((wider) => regionCovers(wider, region)))
  )
}

function coversType({ licenseTypes }: AgreementEntry, type: string): boolean {
  return licenseTypes.includes('*') || licenseTypes.includes(type)
}

/** `*` is every public claim of the type, and never more. */
function lists(fields: readonly string[], type: string, field: string): boolean {
  if (fields.includes(field)) return true
  const classification = findLicenseType(type)?.classification ?? {}
  return (
    fields.includes('*') &&
    Object.hasOwn(classification, field) &&
    classification[field] === 'public'
  )
}

export function mayDisclose(agreement: AgreementEntry, type: string, field: string): boolean {
  return lists(agreement.disclose, type, field)
}

/** What may be disclosed may be matched too. */
export function mayMatch(agreement: AgreementEntry, type: string, field: string): boolean {
  return lists(agreement.match, type, field) || mayDisclose(agreement, type, field)
}

/** Fields that are asked of one license. */
export type AskedFields = { match: readonly string[]; disclose: readonly string[] }

/** The first field that an agreement does not grant for licenses of a type. */
export function fieldNotGranted(
  agreement: AgreementEntry,
  type: string,
  { match, disclose }: AskedFields,
): string | undefined {
  return (
    match.find((field) => !mayMatch(agreement, type, field)) ??
    disclose.find((field) => !mayDisclose(agreement, type, field))
  )
}

/**
 * The agreement that answers: of those that cover what is asked the first, in the order given, that
 * grants every field, else the first that covers it. Undefined where none covers it: no agreement, no data.
 */
export function pickAgreement(
  agreements: Iterable<AgreementEntry>,
  asked: Asked,
  fields: AskedFields = { match: [], disclose: [] },
): AgreementEntry | undefined {
  let first: AgreementEntry | undefined
  for (const agreement of agreements) {
    if (!covers(agreement, asked)) continue
    if (asked.type === undefined || fieldNotGranted(agreement, asked.type, fields) === undefined)
      return agreement
    first ??= agreement
  }
  return first
}
