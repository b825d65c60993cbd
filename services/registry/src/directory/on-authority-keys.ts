import { authorityKeysEvent } from '@lexchange/contracts'
import { defineEventHandler } from '@lexchange/events'

import { AuthorityKeysRefusedError } from './directory.errors.ts'
import { findEntry } from './directory.repository.ts'
import type { DirectoryTables } from './directory.tables.ts'
import { setAuthorityKeys } from './set-authority-keys.ts'

/** docs/flows/set-authority-keys.md */
export const onAuthorityKeys = defineEventHandler<DirectoryTables, typeof authorityKeysEvent>({
  event: authorityKeysEvent,
  async handle(trx, { source, time, data, traceparent }, { subject }) {
    const { authorityId: id, region, issuer, jwks } = data
    const authority = (await findEntry(trx, 'authority', id))?.data
    const entitled =
      authority?.state === 'active' && !authority.foreign && authority.region === region
    if (!entitled || source !== `/authorities/${id}` || !subject.startsWith(`issuance.${region}.`))
      throw new AuthorityKeysRefusedError(id)
    const act = { by: 'issuer', now: new Date(time), traceparent }
    await setAuthorityKeys(trx, id, { issuer, jwks }, act)
  },
})
