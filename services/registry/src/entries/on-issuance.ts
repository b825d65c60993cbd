import { issuanceEvents, LICENSE_EVENTS } from '@lexchange/contracts'
import { defineEventHandler, type EventHandler } from '@lexchange/events'
import type { Logger } from 'pino'

import { applyIssuance, issuanceOf } from './apply-issuance.ts'
import type { EntryTables } from './entry.tables.ts'

/** A handler per event of a license. */
export function onIssuance(log: Logger): EventHandler<EntryTables>[] {
  return LICENSE_EVENTS.map(
    (name) =>
      defineEventHandler<EntryTables, (typeof issuanceEvents)[typeof name]>({
        event: issuanceEvents[name],
        async handle(trx, event, delivery) {
          await applyIssuance(trx, issuanceOf(event, delivery), log)
        },
      }) as unknown as EventHandler<EntryTables>,
  )
}
