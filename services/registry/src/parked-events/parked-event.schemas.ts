import { Time } from '@lexchange/contracts'
import { Type } from 'typebox'

export const ParkedEvent = Type.Object({
  id: Type.String(),
  consumer: Type.String(),
  subject: Type.String(),
  streamSequence: Type.Integer(),
  reason: Type.String({ description: 'Slug of a problem: /problems/<reason> explains it' }),
  detail: Type.String(),
  parkedAt: Time,
})

export const HeldEvent = Type.Object({
  licenseId: Type.String({ format: 'uuid' }),
  sequence: Type.Integer({ description: 'Of this event; the one before it has not come' }),
  subject: Type.String(),
  streamSequence: Type.Integer(),
  heldAt: Time,
})

export const EXAMPLE_PARKED = {
  id: '7',
  consumer: 'registry-entries',
  subject: 'issuance.440300.business-license.issued',
  streamSequence: 1234,
  reason: 'authority-not-entitled',
  detail: 'Authority beijing may not issue licenses in region 440300',
  parkedAt: '2026-11-24T01:00:00.000Z',
}

export const EXAMPLE_HELD = {
  licenseId: '019ab3f2-7c00-7000-8000-000000000001',
  sequence: 3,
  subject: 'issuance.440300.business-license.suspended',
  streamSequence: 1235,
  heldAt: '2026-11-24T01:00:00.000Z',
}
