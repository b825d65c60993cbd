import { TokenBindingRequiredError } from './auth.errors.ts'

/** What a token is bound to: the thumbprint of a DPoP key (RFC 9449), of a certificate (RFC 8705), or of both. */
export type TokenBinding = { readonly jkt?: string; readonly x5t?: string }

/** What the directory asks of a client. */
export type RequiredBinding = 'dpop' | 'mtls' | 'either'

/** The `cnf` of an access token (RFC 7800); undefined where it has none that is known here. */
export function bindingOf(cnf: unknown): TokenBinding | undefined {
  if (typeof cnf !== 'object' || cnf === null) return undefined
  const { jkt, 'x5t#S256': x5t } = cnf as Record<string, unknown>
  const binding = {
    ...(typeof jkt === 'string' && { jkt }),
    ...(typeof x5t === 'string' && { x5t }),
  }
  return Object.keys(binding).length > 0 ? binding : undefined
}

/** @throws TokenBindingRequiredError where the client must bind its tokens, and this one is not. */
export function requireBinding(
  { clientId, binding }: { clientId: string; binding?: TokenBinding },
  required: RequiredBinding | undefined,
): void {
  if (required === undefined) return
  const bound = {
    dpop: binding?.jkt !== undefined,
    mtls: binding?.x5t !== undefined,
    either: binding !== undefined,
  }
  if (!bound[required])
    throw new TokenBindingRequiredError(
      `Tokens of ${clientId} must be bound by ${required === 'either' ? 'dpop or mtls' : required}`,
    )
}
