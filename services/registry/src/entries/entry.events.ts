import { LicenseData, licenseEvents, licenseSubject } from '@lexchange/contracts'
import type { OutboxMessage } from '@lexchange/postgres'
import { Clean } from 'typebox/value'

import { hasSealedClaims } from '../sealed-claims/index.ts'
import type { Issuance } from './issuance.ts'

/** The shareable form of an event: same id and source, without who, why, and what the contract lacks. */
export function licenseEvent({ name, event }: Issuance): OutboxMessage {
  const { id, source, subject, time, sequence, traceparent, data } = event
  return {
    subject: licenseSubject('license', data, name),
    event: {
      specversion: '1.0',
      id,
      source,
      type: licenseEvents[name].type,
      subject,
      time,
      datacontenttype: 'application/json',
      ...(sequence !== undefined && { sequence }),
      ...(traceparent !== undefined && { traceparent }),
      data: Clean(LicenseData, {
        ...structuredClone(data),
        ...(hasSealedClaims(data) && { sealed: true }),
      }) as LicenseData,
    },
  }
}
