import { isDeepStrictEqual } from 'node:util'

import type { AgreementTerms } from '@lexchange/contracts'
import type { Transaction } from 'kysely'

import {
  type Act,
  DirectoryEntryInvalidError,
  DirectoryEntryNotFoundError,
} from '../directory/index.ts'
import { lockAgreement, updateAgreement } from './agreement.repository.ts'
import type { AgreementTables } from './agreement.tables.ts'
import { type Agreement, draftTerms, termsToChange } from './agreement.ts'
import { announceAgreement } from './announce-agreement.ts'
import { checkTerms } from './check-terms.ts'

export type TermsChange = Partial<Omit<AgreementTerms, 'departmentId'>>

/**
 * docs/flows/change-agreement.md
 * @throws DirectoryEntryNotFoundError, DirectoryEntryInvalidError, AgreementConflictError
 */
export async function changeAgreement(
  trx: Transaction<AgreementTables>,
  id: string,
  change: TermsChange,
  requireRevision: (revision: number) => void,
  act: Act,
): Promise<Agreement> {
  const present = await lockAgreement(trx, id)
  if (!present) throw new DirectoryEntryNotFoundError('agreement', id)
  requireRevision(present.revision)
  const before = termsToChange(present)
  const terms = { ...before, ...change }
  const decision = draftTerms(present, terms, act)
  if (isDeepStrictEqual(terms, before))
    throw new DirectoryEntryInvalidError('', 'would stay as it is')
  await checkTerms(trx, terms)
  await updateAgreement(trx, decision)
  const detail = { version: decision.agreement.latest.version, terms }
  await announceAgreement(trx, decision.agreement, { action: 'drafted', detail }, act)
  return decision.agreement
}
