import { TokenBindingRequiredError } from './auth.errors.ts'
import { checkDpopProof } from './dpop-proof.ts'
import { type Client, readAuthorization } from './token-verifier.ts'
import type { UseProof } from './used-proofs.ts'

/** What a request shows beside its token. */
export type Shown = {
  authorization: string | undefined
  proof: string | string[] | undefined
  method: string
  /** As clients call it; without what a proxy made of it. */
  url: string
  /** SHA-256 of the client's certificate (RFC 8705), where its connection has one. */
  certificate: string | undefined
}

/**
 * Checks that who sent a bound token has what it is bound to, so that a stolen one is worth nothing.
 * @throws DpopProofInvalidError, ProofsExhaustedError, TokenBindingRequiredError
 */
export async function requirePossession(
  { binding = {} }: Client,
  shown: Shown,
  useProof: UseProof,
): Promise<void> {
  const { x5t, jkt } = binding
  if (x5t !== undefined && x5t !== shown.certificate)
    throw new TokenBindingRequiredError(
      'This token is bound to a certificate that this connection does not have',
    )
  if (jkt === undefined) return
  const { token } = readAuthorization(shown.authorization)
  await checkDpopProof(
    shown.proof,
    { method: shown.method, url: shown.url, token, jkt },
    { useProof },
  )
}
