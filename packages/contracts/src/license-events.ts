import { defineEvent, type EventContract } from './event.ts'
import { IssuanceData, LicenseData } from './license-data.ts'

/** Every change of a license that is announced, in the order of a license's life. */
export const LICENSE_EVENTS = [
  'issued',
  'amended',
  'renewed',
  'suspended',
  'reinstated',
  'revoked',
  'cancelled',
  'expired',
] as const

export type LicenseEvent = (typeof LICENSE_EVENTS)[number]

function contractsOf<Data extends EventContract['data']>(data: Data) {
  return Object.fromEntries(
    LICENSE_EVENTS.map((event) => [event, defineEvent(`license.${event}`, 1, data)]),
  ) as Record<LicenseEvent, EventContract<Data>>
}

/** Events of the LICENSES stream, by event. */
export const licenseEvents = contractsOf(LicenseData)

/** Events of the ISSUANCE stream, by event. */
export const issuanceEvents = contractsOf(IssuanceData)

/** `lexchange.license.issued.v1` is `issued`; undefined for any other type or version. */
export function licenseEventOf(type: string): LicenseEvent | undefined {
  return LICENSE_EVENTS.find((event) => licenseEvents[event].type === type)
}

/** NATS subject of an event: `issuance.<region>.<type>.<event>` or `license.…`. */
export function licenseSubject(
  stream: 'issuance' | 'license',
  license: { region: string; type: string },
  event: LicenseEvent,
): string {
  return `${stream}.${license.region}.${license.type}.${event}`
}
