import { readFileSync } from 'node:fs'
import {
  type CloudEvent,
  type LicenseData,
  type LicenseEvent,
  type LicenseSnapshot,
  licenseEvents,
  licenseSubject,
} from '@lexchange/contracts'
import type { ReceivedMessage } from '@lexchange/events'

type Sent = { subject: string; text: string }

const fixture: CloudEvent<LicenseData> = JSON.parse(
  readFileSync(
    new URL('../../../packages/contracts/fixtures/license.issued.v1.json', import.meta.url),
    'utf8',
  ),
)

export const license: LicenseData = {
  ...fixture.data,
  type: 'business-license',
  number: '91350200776049653A',
  version: 1,
  status: 'active',
  validFrom: '2026-01-02T00:00:00.000Z',
  validUntil: null,
  issuedAt: '2026-01-01T00:00:00.000Z',
  effectiveAt: '2026-01-01T00:00:00.000Z',
  claims: {
    name: '厦门示例有限公司',
    legalRepresentative: '张三',
    registeredCapital: { amount: '1000.00', currency: 'CNY' },
    businessScope: '软件开发',
  },
}

/** A message as the registry publishes it. */
export function licenseEvent(event: LicenseEvent, changes: Partial<LicenseData> = {}): Sent {
  const data = { ...license, ...changes }
  const message: CloudEvent<LicenseData> = {
    ...fixture,
    id: crypto.randomUUID(),
    type: licenseEvents[event].type,
    subject: data.licenseId,
    sequence: String(data.version),
    data,
  }
  return { subject: licenseSubject('license', data, event), text: JSON.stringify(message) }
}

export function received(sent: Sent, streamSequence: number): ReceivedMessage {
  return { ...sent, streamSequence }
}

/** A license of its own, by number. */
export function numbered(index: number): Partial<LicenseData> {
  return {
    licenseId: `01900000-0000-7000-8000-${String(index).padStart(12, '0')}`,
    number: `91350200${String(index).padStart(10, '0')}`,
  }
}

export function snapshotLine(changes: Partial<LicenseData> = {}): LicenseSnapshot {
  const { version, status, validFrom, validUntil, effectiveAt, claims, ...rest } = {
    ...license,
    ...changes,
  }
  const first = { version, status, validFrom, validUntil, effectiveAt, claims }
  return { ...rest, versions: [{ ...first, event: 'issued' }] }
}
