import type { Transaction } from 'kysely'

import { type Act, DirectoryEntryNotFoundError } from '../directory/index.ts'
import { findAgreement } from './agreement.repository.ts'
import type { AgreementTables } from './agreement.tables.ts'
import { end } from './agreement.ts'
import { decideAgreement } from './decide-agreement.ts'

/** As a measure orders it: one that has ended stays as it is. @throws DirectoryEntryNotFoundError */
export async function endAgreement(
  trx: Transaction<AgreementTables>,
  { id, departmentId, reason }: { id: string; departmentId: string; reason: string },
  act: Act,
): Promise<void> {
  const present = await findAgreement(trx, id)
  if (present?.departmentId !== departmentId) throw new DirectoryEntryNotFoundError('agreement', id)
  if (present.state === 'ended') return
  const decision = {
    action: 'ended',
    detail: { reason },
    decide: (agreement: typeof present) =>
      agreement.state === 'ended' ? { agreement, versions: [] } : end(agreement, reason, act),
  }
  await decideAgreement(trx, id, decision, () => {}, act)
}
