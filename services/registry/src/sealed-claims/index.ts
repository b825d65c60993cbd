export { COMPACT_JWE_SQL } from './compact-jwe.ts'
export { startErasing } from './erase-messages.ts'
export { eraseSealedClaims } from './erase-sealed-claims.ts'
export { findByClaimHash } from './find-by-claim-hash.ts'
export { keepSealingKeys } from './keep-sealing-keys.ts'
export { noteIssuance, onSealedMessage, SEALED_CONSUMER } from './on-sealed-message.ts'
export type { SealedTables } from './sealed-claims.tables.ts'
export {
  type ClaimVault,
  createClaimVault,
  hasSealedClaims,
  storeSealedClaims,
} from './store-sealed-claims.ts'
