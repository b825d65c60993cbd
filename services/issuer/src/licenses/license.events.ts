import {
  type IssuanceData,
  issuanceEvents,
  type LicenseEvent,
  licenseSubject,
} from '@lexchange/contracts'
import { getLicenseType, publicClaims } from '@lexchange/license'
import type { OutboxMessage } from '@lexchange/postgres'

import { type AnyLicense, identifierOf, publicHolder } from './license.ts'

/** What made the current state of a license, and who asked for it. */
export type LicenseChange = {
  eventId: string
  event: LicenseEvent
  /** When it was recorded. */
  at: Date
  by: string
  reason: string | null
  legalBasis: string | null
  traceparent: string | undefined
}

/**
 * The event of ISSUANCE that announces a change. Only public claims travel in the clear.
 * @param sealedClaims the others, encrypted for the registry.
 */
export function toIssuanceMessage(
  license: AnyLicense,
  change: LicenseChange,
  sealedClaims?: string,
): OutboxMessage {
  const { event, eventId, at, traceparent } = change
  return {
    subject: licenseSubject('issuance', license, event),
    event: {
      specversion: '1.0',
      id: eventId,
      source: `/authorities/${license.authority.id}`,
      type: issuanceEvents[event].type,
      subject: license.id,
      time: at.toISOString(),
      datacontenttype: 'application/json',
      sequence: String(license.sequence),
      ...(traceparent !== undefined && { traceparent }),
      data: {
        ...toData(license, change),
        ...(sealedClaims !== undefined && { sealed: true as const, sealedClaims }),
      },
    },
  }
}

function toData(
  license: AnyLicense,
  { event, reason, legalBasis, by }: LicenseChange,
): IssuanceData {
  const { state, authority } = license
  const validUntil = state.validUntil?.toISOString() ?? null
  const effectiveAt = state.effectiveAt.toISOString()
  return {
    licenseId: license.id,
    identifier: identifierOf(license),
    type: license.type,
    number: license.number,
    holder: publicHolder(state.holder),
    authority: { id: authority.id, name: authority.name },
    region: license.region,
    version: state.version,
    status: state.status,
    validFrom: state.validFrom.toISOString(),
    validUntil,
    issuedAt: license.issuedAt.toISOString(),
    effectiveAt: event === 'expired' ? (validUntil ?? effectiveAt) : effectiveAt,
    claims: publicClaims(getLicenseType(license.type), state.claims),
    reason,
    legalBasis,
    by,
  }
}
