import { appendToOutbox } from '@lexchange/postgres'
import type { Kysely } from 'kysely'

import {
  type LicenseTables,
  lockDueLicenses,
  markExpired,
  toIssuanceMessage,
} from '../licenses/index.ts'

export type ExpiryDeps = {
  db: Kysely<LicenseTables>
  now: () => Date
  newId: () => string
}

/** Who asks: nobody does, time passes. */
const BY = 'issuer'

/**
 * Announces the end of licenses whose time is over, each once: docs/flows/expire-licenses.md. What a
 * check answers does not wait for it.
 * @returns how many; as many as `limit` when there may be more.
 */
export async function expireLicenses({ db, now, newId }: ExpiryDeps, limit = 100): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const at = now()
    const due = await lockDueLicenses(trx, at, limit)
    if (due.length === 0) return 0
    const ids = due.map(({ id }) => id)
    await markExpired(trx, ids, at, BY)
    await appendToOutbox(
      trx,
      ...due.map((license) =>
        toIssuanceMessage(
          { ...license, sequence: license.sequence + 1 },
          {
            event: 'expired',
            eventId: newId(),
            at,
            by: BY,
            reason: null,
            legalBasis: null,
            traceparent: undefined,
          },
        ),
      ),
    )
    return due.length
  })
}
