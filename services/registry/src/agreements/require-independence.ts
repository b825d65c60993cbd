import type { Transaction } from 'kysely'

import { SecondAdministratorRequiredError } from './agreement.errors.ts'
import type { AgreementTables } from './agreement.tables.ts'
import type { AgreementVersion } from './agreement.ts'

/**
 * Two clients are not two persons: who has drafted the terms could have registered the client that
 * approves them, or given it a key. @throws SecondAdministratorRequiredError
 */
export async function requireIndependence(
  trx: Transaction<AgreementTables>,
  { draftedBy, version }: AgreementVersion,
  agreementId: string,
  approver: string,
): Promise<void> {
  const change = await trx
    .selectFrom('audit_entry')
    .select('id')
    .where('subject', '=', approver)
    .where('by_client', '=', draftedBy)
    .where('action', 'in', ['client.registered', 'client.changed'])
    .limit(1)
    .executeTakeFirst()
  if (change) throw new SecondAdministratorRequiredError(agreementId, version)
}
