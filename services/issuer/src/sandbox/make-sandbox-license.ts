import { randomBytes } from 'node:crypto'

import type { AuthorityEntry } from '@lexchange/contracts'
import { getLicenseType, regionCovers } from '@lexchange/license'

import type { LicenseApplication } from '../licenses/index.ts'
import { sandboxClaims } from './claims.ts'
import { sandboxHolder } from './holder.ts'
import { type MakeSandboxLicenseRequest, YEAR_SECONDS } from './sandbox.schemas.ts'

/**
 * Who issues a made-up license: an authority that may, if there is one; else any, whose refusal says what is
 * missing. Undefined where there is no authority at all.
 */
export function chooseAuthority(
  authorities: readonly AuthorityEntry[],
  { type, region }: Pick<MakeSandboxLicenseRequest, 'type' | 'region'>,
): AuthorityEntry | undefined {
  const granted = authorities.filter(({ licenseTypes }) => licenseTypes.includes(type))
  const covering = granted.find((each) => region === undefined || regionCovers(each.region, region))
  return covering ?? granted[0] ?? authorities[0]
}

/** docs/flows/make-sandbox-license.md @throws LicenseTypeUnknownError */
export function draftApplication(
  { type, region, startsInSeconds = 0, validForSeconds = YEAR_SECONDS }: MakeSandboxLicenseRequest,
  authority: Pick<AuthorityEntry, 'region'>,
  now: Date,
): LicenseApplication {
  const place = region ?? authority.region
  const random = randomBytes(8)
  const holder = sandboxHolder(place, random)
  const validFrom = new Date(now.getTime() + startsInSeconds * 1000)
  const own = getLicenseType(type).numberRule === 'own'
  return {
    type,
    holder,
    ...(own && { number: `SANDBOX-${random.toString('hex').toUpperCase()}` }),
    region: place,
    validFrom,
    validUntil: new Date(validFrom.getTime() + validForSeconds * 1000),
    claims: sandboxClaims(type, holder.name),
  }
}
