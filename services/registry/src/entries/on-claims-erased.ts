import { claimsErased } from '@lexchange/contracts'
import { defineEventHandler } from '@lexchange/events'
import { applyErasure } from './apply-erasure.ts'
import type { EntryTables } from './entry.tables.ts'

/** docs/flows/apply-erasure.md */
export const onClaimsErased = defineEventHandler<EntryTables, typeof claimsErased>({
  event: claimsErased,
  handle: (trx, event, { subject }) => applyErasure(trx, event, subject),
})
