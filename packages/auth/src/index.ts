export {
  ClientSuspendedError,
  DpopProofInvalidError,
  InsufficientScopeError,
  ProofsExhaustedError,
  TokenBindingRequiredError,
  TokenKeysUnavailableError,
  UnauthenticatedError,
} from './auth.errors.ts'
export { createProofKey, PROOF_ALGORITHMS, type ProofKey } from './dpop-proof.ts'
export { requirePossession, type Shown } from './require-possession.ts'
export { type RequiredBinding, requireBinding, type TokenBinding } from './token-binding.ts'
export { createTokenClient, type TokenClientOptions, TokenRequestError } from './token-client.ts'
export {
  type Client,
  type ClientKind,
  createTokenVerifier,
  TOKEN_AUDIENCE,
  type TokenVerifier,
} from './token-verifier.ts'
export { createUsedProofs, type UseProof } from './used-proofs.ts'
