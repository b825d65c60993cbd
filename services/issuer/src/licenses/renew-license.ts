import { renew } from '@lexchange/license'

import type { Decide } from './change-license.ts'

/** docs/flows/renew-license.md */
export function renewLicense(validUntil: Date | null): Decide {
  return (current, time) => renew(current, validUntil, time)
}
