export {
  ClientSuspendedError,
  InsufficientScopeError,
  TokenKeysUnavailableError,
  UnauthenticatedError,
} from './auth.errors.ts'
export { createTokenClient, type TokenClientOptions, TokenRequestError } from './token-client.ts'
export {
  type Client,
  type ClientKind,
  createTokenVerifier,
  TOKEN_AUDIENCE,
  type TokenVerifier,
} from './token-verifier.ts'
