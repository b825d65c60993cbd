import type { AgreementTerms } from '@lexchange/contracts'
import type { Transaction } from 'kysely'

import { type Act, DirectoryEntryExistsError } from '../directory/index.ts'
import { insertAgreement } from './agreement.repository.ts'
import type { AgreementTables } from './agreement.tables.ts'
import { type Agreement, newAgreement } from './agreement.ts'
import { announceAgreement } from './announce-agreement.ts'
import { checkTerms } from './check-terms.ts'

/** docs/flows/change-agreement.md @throws DirectoryEntryExistsError, DirectoryEntryInvalidError */
export async function createAgreement(
  trx: Transaction<AgreementTables>,
  id: string,
  terms: AgreementTerms,
  act: Act,
): Promise<Agreement> {
  await checkTerms(trx, terms)
  const decision = newAgreement(id, terms, act)
  if (!(await insertAgreement(trx, decision))) throw new DirectoryEntryExistsError('agreement', id)
  const { agreement } = decision
  await announceAgreement(trx, agreement, { action: 'drafted', detail: { version: 1, terms } }, act)
  return agreement
}
