import type { EventOf, issuanceEvents, LicenseEvent } from '@lexchange/contracts'

/** An event of the ISSUANCE stream that fits its contract. */
export type IssuanceEvent = EventOf<(typeof issuanceEvents)[LicenseEvent]>

/** An event whose place in its license is known: from 1, without gaps. */
export type Issuance = {
  name: LicenseEvent
  sequence: number
  event: IssuanceEvent
  subject: string
  streamSequence: number
}
