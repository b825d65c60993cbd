import { type KeyEncryption, openValue, sealValue } from '@lexchange/encryption'
import type { Kysely, Transaction } from 'kysely'

import { ClaimsErasedError, openDataKey } from '../sealing/index.ts'
import { findWrappedKey } from './license.repository.ts'
import type { LicenseTables } from './license.tables.ts'
import type { License } from './license.ts'

/** An answer as it is kept to be given again: sealed with the data key of the license, if it has one. */
export type KeptAnswer<Answer> =
  | Answer
  | { sealedAnswer: { licenseId: string; version: number; answer: string } }

const FIELD = 'answer'

export function sealAnswer<Answer>(
  { id, dataKey, state: { version } }: Pick<License, 'id' | 'dataKey' | 'state'>,
  answer: Answer,
): KeptAnswer<Answer> {
  if (!dataKey) return answer
  const place = { licenseId: id, version, field: FIELD }
  return {
    sealedAnswer: { licenseId: id, version, answer: sealValue(dataKey.key, place, answer) },
  }
}

/** @throws ClaimsErasedError when the claims in it were erased since, EncryptionUnavailableError */
export async function openAnswer<Answer extends object>(
  db: Kysely<LicenseTables> | Transaction<LicenseTables>,
  keys: KeyEncryption,
  kept: KeptAnswer<Answer>,
): Promise<Answer> {
  if (!('sealedAnswer' in kept)) return kept
  const { licenseId, version, answer } = kept.sealedAnswer
  const wrapped = await findWrappedKey(db, licenseId)
  if (!wrapped) throw new ClaimsErasedError(licenseId)
  const { key } = await openDataKey(keys, wrapped, licenseId)
  return openValue(key, { licenseId, version, field: FIELD }, answer) as Answer
}
