import { type IssuanceData, type SealedClaims, sealedEvents } from '@lexchange/contracts'
import { defineEventHandler, type EventHandler } from '@lexchange/events'
import type { Transaction } from 'kysely'

import { licensesSealedIn } from './compact-jwe.ts'
import type { SealedTables } from './sealed-claims.tables.ts'
import { noteSealedMessage } from './sealed-message.repository.ts'

/** The registry reads SEALED, which it writes, only to know where things are when they must go. */
export const SEALED_CONSUMER = 'registry-sealed'

export function onSealedMessage(): EventHandler<SealedTables>[] {
  const stored = defineEventHandler<SealedTables, typeof sealedEvents.stored>({
    event: sealedEvents.stored,
    async witness(trx, { data }, { streamSequence: sequence }) {
      const { licenseId } = data as SealedClaims
      await noteSealedMessage(trx, { licenseId, stream: 'SEALED', sequence })
    },
    async handle() {},
  })
  const erased = defineEventHandler<SealedTables, typeof sealedEvents.erased>({
    event: sealedEvents.erased,
    async handle() {},
  })
  return [stored, erased] as unknown as EventHandler<SealedTables>[]
}

/** Notes a message of ISSUANCE that holds a JWE, for each license it may be of. */
export async function noteIssuance(
  trx: Transaction<SealedTables>,
  { licenseId, sealedClaims }: IssuanceData,
  sequence: number,
): Promise<void> {
  if (!sealedClaims) return
  const licenses = new Set([licenseId.toLowerCase(), ...licensesSealedIn(sealedClaims)])
  for (const id of licenses)
    await noteSealedMessage(trx, { licenseId: id, stream: 'ISSUANCE', sequence })
}
