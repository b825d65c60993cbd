import { licenseSubject } from '@lexchange/contracts'
import { getLicenseType, publicClaims, regionCovers } from '@lexchange/license'

import type { EntryData } from '../directory/index.ts'
import { AuthorityNotEntitledError, EventInconsistentError } from './entry.errors.ts'
import type { Issuance } from './issuance.ts'

/** Stored status that a change leaves; of the others any. */
const STATUS_AFTER: Readonly<Record<string, string>> = {
  amended: 'active',
  renewed: 'active',
  suspended: 'suspended',
  reinstated: 'active',
  revoked: 'revoked',
  cancelled: 'cancelled',
}

function require(holds: boolean, detail: string): void {
  if (!holds) throw new EventInconsistentError(detail)
}

/** Checks an event against itself and where it was found. @throws EventInconsistentError */
export function checkConsistency({ name, sequence, event, subject }: Issuance): void {
  const { data, source } = event
  require(Number.isSafeInteger(sequence) && sequence > 0, 'The event has no sequence')
  require(event.subject === data.licenseId, 'subject and data.licenseId differ')
  require(source === `/authorities/${data.authority.id}`, 'source and data.authority.id differ')
  require(subject ===
    licenseSubject(
      'issuance',
      data,
      name,
    ), 'The event was published on a subject of another region, type or event')
  const status = STATUS_AFTER[name]
  require(status === undefined || status === data.status, `A license ${name} is not ${data.status}`)
  require((name === 'issued') === (sequence === 1), 'A license begins with being issued, once')
}

/** Checks that the authority may issue what the event says. @throws AuthorityNotEntitledError */
export function checkEntitlement(
  { event: { data } }: Issuance,
  authority: EntryData['authority'] | undefined,
): void {
  checkAuthority({ ...data, authorityId: data.authority.id }, authority)
}

/** The same of anything that an authority says of a license. @throws AuthorityNotEntitledError */
export function checkAuthority(
  data: { authorityId: string; type: string; region: string },
  authority: EntryData['authority'] | undefined,
): void {
  const id = data.authorityId
  if (!authority) throw new AuthorityNotEntitledError(id, 'is not in the directory')
  if (authority.state !== 'active') throw new AuthorityNotEntitledError(id, 'is suspended')
  if (!authority.licenseTypes.includes(data.type))
    throw new AuthorityNotEntitledError(id, `may not issue licenses of type ${data.type}`)
  if (!regionCovers(authority.region, data.region))
    throw new AuthorityNotEntitledError(id, `may not issue licenses in region ${data.region}`)
}

/** What is not public must not travel in the clear, let alone be shared. @throws EventInconsistentError */
export function checkClassification({ event: { data } }: Issuance): void {
  const shareable = publicClaims(getLicenseType(data.type), data.claims)
  const other = Object.keys(data.claims).find((claim) => !(claim in shareable))
  require(other === undefined, `The claim ${other} is not public`)
}

/** Checks the event that follows against what is known of the license. @throws EventInconsistentError */
export function checkContinuity(
  { name, event: { data } }: Issuance,
  entry: { authorityId: string; version: number; type: string; number: string } | undefined,
): void {
  if (!entry) {
    require(data.version === 1, 'The first version of a license is 1')
    return
  }
  require(entry.authorityId === data.authority.id, 'The license belongs to another authority')
  require(entry.type === data.type &&
    entry.number === data.number, 'Type and number of a license never change')
  const expected = name === 'expired' ? entry.version : entry.version + 1
  require(data.version === expected, `Version ${expected} was expected, not ${data.version}`)
}
