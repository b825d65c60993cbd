import { randomBytes } from 'node:crypto'

import {
  amendLicense,
  cancelLicense,
  type Decide,
  reinstateLicense,
  renewLicense,
  revokeLicense,
  suspendLicense,
} from '../licenses/index.ts'
import { type SandboxAction, YEAR_SECONDS } from './sandbox.schemas.ts'

/** A year more than it had. */
const renewByAYear: Decide = (current, time, type) => {
  const end = current.validUntil ?? time.now
  return renewLicense(new Date(end.getTime() + YEAR_SECONDS * 1000))(current, time, type)
}

/** A new address, another one each time. */
const moveHouse: Decide = (current, time, type) => {
  const domicile = `示例路 ${randomBytes(2).readUInt16BE() + 2} 号 (sandbox address)`
  return amendLicense({ claims: { domicile } })(current, time, type)
}

/** docs/flows/change-sandbox-license.md: each action is decided by what decides on real licenses. */
export const DECISIONS: Readonly<Record<SandboxAction, Decide>> = {
  amend: moveHouse,
  renew: renewByAYear,
  suspend: suspendLicense,
  reinstate: reinstateLicense,
  revoke: revokeLicense,
  cancel: cancelLicense,
}
