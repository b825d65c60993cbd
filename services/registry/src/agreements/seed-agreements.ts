import { AgreementTerms, Slug } from '@lexchange/contracts'
import type { Kysely, Transaction } from 'kysely'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'

import { findAgreement, insertAgreement, updateAgreement } from './agreement.repository.ts'
import type { AgreementTables } from './agreement.tables.ts'
import { type AgreementVersion, enter, newAgreement } from './agreement.ts'
import { announceAgreement } from './announce-agreement.ts'
import { checkTerms } from './check-terms.ts'

const Seed = Compile(
  Type.Object({
    agreements: Type.Optional(Type.Array(Type.Object({ id: Slug, ...AgreementTerms.properties }))),
  }),
)

/** Enters, as approved, what the seed names and the directory lacks; what is there stays as it is. */
export async function seedAgreements(
  db: Kysely<AgreementTables>,
  seed: unknown,
  now: Date,
): Promise<number> {
  if (!Seed.Check(seed)) {
    const fault = Seed.Errors(seed)[0]
    throw new Error(`DIRECTORY_SEED is malformed: ${fault?.instancePath} ${fault?.message}`)
  }
  let count = 0
  for (const { id, ...terms } of seed.agreements ?? [])
    if (await db.transaction().execute((trx) => seedAgreement(trx, id, terms, now))) count++
  return count
}

/** Two replicas may start at once: only one of them inserts. */
async function seedAgreement(
  trx: Transaction<AgreementTables>,
  id: string,
  terms: AgreementTerms,
  now: Date,
): Promise<boolean> {
  if (await findAgreement(trx, id)) return false
  const act = { by: 'seed', now }
  await checkTerms(trx, terms)
  const drafted = newAgreement(id, terms, act)
  if (!(await insertAgreement(trx, drafted))) return false
  const decision = enter(drafted.agreement, drafted.versions[0] as AgreementVersion, act)
  await updateAgreement(trx, decision)
  const change = { action: 'approved', detail: { version: 1, terms } }
  await announceAgreement(trx, decision.agreement, change, act)
  return true
}
