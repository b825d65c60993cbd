import { accessHead, accessHeadSubject } from '@lexchange/contracts'
import { defineEventHandler } from '@lexchange/events'

import { insertAnchor } from './access-anchor.repository.ts'
import { AccessHeadRefusedError } from './access-record.errors.ts'
import type { AccessRecordTables } from './access-record.tables.ts'

/** docs/flows/record-access.md */
export const onAccessHead = defineEventHandler<AccessRecordTables, typeof accessHead>({
  event: accessHead,
  async handle(trx, { data }, { subject }) {
    // By subject the broker says who may publish the heads of which source.
    if (subject !== accessHeadSubject(data.source))
      throw new AccessHeadRefusedError(data.source, subject)
    await insertAnchor(trx, data)
  },
})
