import type { KeyEncryption } from '@lexchange/encryption'
import type { findLicenseType } from '@lexchange/license'

import type { AccessLog } from '../access-records/index.ts'
import type { createCredentialCache, ForeignLists } from '../credentials/index.ts'
import type { Directory } from '../directory/index.ts'
import type { Claim, Refusal } from '../limits/index.ts'
import type { Projection } from '../projection/index.ts'
import type { ReceiptSigner } from '../receipts/index.ts'
import type { Freshness } from './freshness.ts'

export type VerificationDeps = {
  projection: Projection
  freshness: Freshness
  directory: Pick<Directory, 'trust' | 'agreementsOf' | 'throttleOf'>
  receipts: ReceiptSigner
  access: Pick<AccessLog, 'add'>
  limits: { take(claims: readonly Claim[]): Promise<(Refusal | null)[]> }
  /** Unwraps data keys of personal and secret claims. */
  keys: Pick<KeyEncryption, 'unwrap'>
  /** The catalogue. */
  findLicenseType: typeof findLicenseType
  /** Base URL of this service, which receipts name. */
  publicUrl: string
  seen: ReturnType<typeof createCredentialCache>
  foreignLists: ForeignLists
  staleAfterMs: number
  now: () => number
}
