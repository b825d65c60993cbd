import { type SealedClaims, sealedEvents, sealedSubject } from '@lexchange/contracts'
import { type KeyEncryption, newDataKey, sealValue } from '@lexchange/encryption'

import { license } from './license-events.ts'

/** Sealed claims of one version of the license, as the registry makes them. */
export async function sealedClaims(
  keys: KeyEncryption,
  claims: Readonly<Record<string, unknown>>,
  { licenseId = license.licenseId, version = 1, key = newDataKey() } = {},
): Promise<SealedClaims> {
  const { type, region } = license
  const fields = Object.fromEntries(
    Object.entries(claims).map(([field, value]) => [
      field,
      sealValue(key, { licenseId, version, field }, value),
    ]),
  )
  const dataKey = await keys.wrap(key, licenseId)
  return { licenseId, type, region, version, dataKey, fields }
}

/** A message as the registry publishes it. */
export function sealedEvent(data: SealedClaims | { licenseId: string }, stored = true) {
  const event = stored ? 'stored' : 'erased'
  const message = {
    specversion: '1.0',
    id: crypto.randomUUID(),
    source: '/registry',
    type: sealedEvents[event].type,
    subject: data.licenseId,
    time: '2026-11-24T01:00:00.000Z',
    datacontenttype: 'application/json',
    data,
  }
  return { subject: sealedSubject(license, event), text: JSON.stringify(message) }
}

export function erasedEvent(licenseId = license.licenseId) {
  const { type, region } = license
  const erasedAt = '2026-11-24T01:00:00.000Z'
  return sealedEvent({ licenseId, type, region, erasedAt } as { licenseId: string }, false)
}
