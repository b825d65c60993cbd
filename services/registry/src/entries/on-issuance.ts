import { issuanceEvents, LICENSE_EVENTS } from '@lexchange/contracts'
import { defineEventHandler, type EventHandler } from '@lexchange/events'

import { noteIssuance } from '../sealed-claims/index.ts'
import { type ApplyDeps, applyIssuance, issuanceOf } from './apply-issuance.ts'
import type { EntryTables } from './entry.tables.ts'

/** A handler per event of a license. */
export function onIssuance(deps: ApplyDeps): EventHandler<EntryTables>[] {
  return LICENSE_EVENTS.map(
    (name) =>
      defineEventHandler<EntryTables, (typeof issuanceEvents)[typeof name]>({
        event: issuanceEvents[name],
        witness: (trx, { data }, { streamSequence }) => noteIssuance(trx, data, streamSequence),
        async handle(trx, event, delivery) {
          await applyIssuance(trx, issuanceOf(event, delivery), deps)
        },
      }) as unknown as EventHandler<EntryTables>,
  )
}
