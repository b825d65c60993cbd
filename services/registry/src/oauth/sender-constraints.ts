import type { X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { errors, type KoaContextWithOIDC } from 'oidc-provider'

import type { OAuthClient } from '../directory/index.ts'

type CertificateOf = (request: IncomingMessage) => X509Certificate | undefined

/** What the token of a request will be bound to: a proof comes before a certificate. */
export function boundBy(
  ctx: KoaContextWithOIDC | undefined,
  certificateOf: CertificateOf,
): 'proof' | 'certificate' | undefined {
  if (!ctx) return undefined
  if (ctx.get('dpop') !== '') return 'proof'
  return certificateOf(ctx.req) && 'certificate'
}

/** A client that must bind its tokens gets no other. @throws InvalidDpopProof, InvalidRequest */
export function checkBinding(
  ctx: KoaContextWithOIDC,
  { id, tokenBinding }: Pick<OAuthClient, 'id' | 'tokenBinding'>,
  certificateOf: CertificateOf,
): void {
  if (tokenBinding === undefined) return
  const bound = boundBy(ctx, certificateOf)
  if (tokenBinding === 'dpop' && bound !== 'proof')
    throw new errors.InvalidDpopProof(`tokens of ${id} must be bound by a DPoP proof`)
  if (tokenBinding === 'mtls' && bound !== 'certificate')
    throw new errors.InvalidRequest(`tokens of ${id} must be bound by a client certificate`)
  if (bound === undefined)
    throw new errors.InvalidRequest(
      `tokens of ${id} must be bound by a DPoP proof or a client certificate`,
    )
}
