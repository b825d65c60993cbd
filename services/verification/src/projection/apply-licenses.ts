import { type LicenseData, licenseEventOf, licenseEvents } from '@lexchange/contracts'
import { eventParser, type ReceivedMessage } from '@lexchange/events'
import { DomainError } from '@lexchange/problems'

import { addVersion } from './license-record.ts'
import { licenseKey, type ProjectionStore, readState, writeState } from './projection-store.ts'
import { findRecord, writeLicense } from './write-license.ts'

export type AppliedCount = { applied: number; repeated: number; parked: number }

const parse = eventParser(Object.values(licenseEvents))

/**
 * Applies messages of LICENSES in one transaction, together with the position that they lead to. A
 * message that breaks the contract is parked, and the stream goes on.
 */
export function applyLicenses(
  store: ProjectionStore,
  messages: readonly ReceivedMessage[],
  now: () => number = Date.now,
): Promise<AppliedCount> {
  return store.root.transaction(() => {
    const count: AppliedCount = { applied: 0, repeated: 0, parked: 0 }
    const state = readState(store)
    let { position } = state
    for (const message of messages) {
      if (message.streamSequence <= position) count.repeated++
      else count[applyOrPark(store, message, now)]++
      position = Math.max(position, message.streamSequence)
    }
    writeState(store, { ...state, position })
    return count
  })
}

function applyOrPark(
  store: ProjectionStore,
  message: ReceivedMessage,
  now: () => number,
): keyof AppliedCount {
  try {
    return applyLicense(store, message.text) ? 'applied' : 'repeated'
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    park(store, message, error, now)
    return 'parked'
  }
}

/** Returns false for a version that is known already. */
function applyLicense(store: ProjectionStore, text: string): boolean {
  const { event } = parse(text)
  const name = licenseEventOf(event.type)
  const data = event.data as LicenseData
  // Expiry follows from validUntil at the moment of asking; its event makes no version.
  if (name === undefined || name === 'expired') return true
  const present = findRecord(store, licenseKey(data.type, data.number, data.licenseId))
  const changed = addVersion(present, data, name)
  if (changed) writeLicense(store, changed)
  return changed !== undefined
}

type Rejected = { subject: string; streamSequence: number; text: string }

/** Keeps what cannot be applied, with the reason, for an operator. */
export function park(
  store: ProjectionStore,
  { subject, streamSequence, text }: Rejected,
  { code, message }: DomainError,
  now: () => number = Date.now,
  line = 0,
): void {
  store.parked.put([streamSequence, line], {
    id: line === 0 ? String(streamSequence) : `${streamSequence}-${line}`,
    subject,
    streamSequence,
    reason: code,
    detail: message,
    message: text,
    parkedAt: new Date(now()).toISOString(),
  })
}
