import { type Amendment, amend } from '@lexchange/license'

import type { Decide } from './change-license.ts'
import type { License } from './license.ts'

export type AmendmentOfLicense = Omit<Amendment, 'rebound'> & {
  /** A new key of the holder; null takes the present one away. */
  holderKey?: License['holderKey'] | undefined
}

/** docs/flows/amend-license.md */
export function amendLicense({ holderKey, ...amendment }: AmendmentOfLicense): Decide {
  return (current, time, licenseType) => ({
    ...amend(licenseType, current, { ...amendment, rebound: holderKey !== undefined }, time),
    ...(holderKey !== undefined && { holderKey }),
  })
}
