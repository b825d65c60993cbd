import { type ErasedClaims, type SealedClaims, sealedEvents } from '@lexchange/contracts'
import { keyIdOf } from '@lexchange/encryption'
import { eventParser, type ReceivedMessage } from '@lexchange/events'
import { DomainError } from '@lexchange/problems'

import { type AppliedCount, park } from './apply-licenses.ts'
import { type ProjectionStore, readSealedState, writeSealedState } from './projection-store.ts'
import { addSealedVersion, ERASED } from './sealed-record.ts'
import { idBytes } from './status-record.ts'

const parse = eventParser(Object.values(sealedEvents))

/** Lines below 0 are those of SEALED, whose sequences LICENSES has too. */
const SEALED_LINE = -1

/** Also, which key-encryption keys have wrapped what was applied. */
export type AppliedSealed = { count: AppliedCount; keyIds: ReadonlySet<string> }

/**
 * Applies messages of SEALED in one transaction, together with the position that they lead to. One
 * that breaks the contract is parked without its text, because that may hold keys and claims.
 */
export function applySealed(
  store: ProjectionStore,
  messages: readonly ReceivedMessage[],
): Promise<AppliedSealed> {
  return store.root.transaction(() => {
    const count: AppliedCount = { applied: 0, repeated: 0, parked: 0 }
    const keyIds = new Set<string>()
    const state = readSealedState(store)
    let { position } = state
    for (const message of messages) {
      if (message.streamSequence <= position) count.repeated++
      else count[applyOrPark(store, message, keyIds)]++
      position = Math.max(position, message.streamSequence)
    }
    writeSealedState(store, { ...state, position })
    return { count, keyIds }
  })
}

function applyOrPark(
  store: ProjectionStore,
  message: ReceivedMessage,
  keyIds: Set<string>,
): keyof AppliedCount {
  try {
    return applyOne(store, message.text, keyIds) ? 'applied' : 'repeated'
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    park(store, { ...message, text: '' }, error, Date.now, SEALED_LINE)
    return 'parked'
  }
}

function applyOne(store: ProjectionStore, text: string, keyIds: Set<string>): boolean {
  const { contract, event } = parse(text)
  const { licenseId } = event.data as SealedClaims | ErasedClaims
  const key = idBytes(licenseId)
  if (contract === sealedEvents.erased) {
    store.sealed.put(key, ERASED)
    return true
  }
  const changed = addSealedVersion(store.sealed.get(key), event.data as SealedClaims)
  if (changed) store.sealed.put(key, changed)
  if (changed?.dataKey) keyIds.add(keyIdOf(changed.dataKey))
  return changed !== undefined
}
