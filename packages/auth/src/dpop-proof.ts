import { hash } from 'node:crypto'

import {
  calculateJwkThumbprint,
  EmbeddedJWK,
  exportJWK,
  generateKeyPair,
  type JWK,
  jwtVerify,
  SignJWT,
} from 'jose'

import { DpopProofInvalidError } from './auth.errors.ts'
import { PROOF_AHEAD, PROOF_SECONDS, type UseProof } from './used-proofs.ts'

export const PROOF_ALGORITHMS = ['ES256', 'EdDSA'] as const
/** A proof has some 500 characters; nothing larger is looked at. */
const LONGEST = 4096

/** The request that a proof has to belong to. */
export type ProvenRequest = { method: string; url: string; token: string; jkt: string }

type Checks = { useProof: UseProof; now?: () => number }

/** Checks a DPoP proof (RFC 9449, 4.3) and remembers it. @throws DpopProofInvalidError, ProofsExhaustedError */
export async function checkDpopProof(
  proof: string | string[] | undefined,
  request: ProvenRequest,
  { useProof, now = Date.now }: Checks,
): Promise<void> {
  if (typeof proof !== 'string')
    throw new DpopProofInvalidError('Send one proof of possession: DPoP: <proof>')
  if (proof.length > LONGEST) throw new DpopProofInvalidError('The DPoP proof is too large')
  const { jkt, claims } = await verify(proof)
  const { htm, htu, ath, iat, jti } = claims
  requireThat(jkt === request.jkt, 'is by another key than the token is bound to')
  requireThat(htm === request.method, 'is for another method')
  requireThat(sameUrl(htu, request.url), `is for another URL than ${request.url}`)
  requireThat(ath === hash('sha256', request.token, 'base64url'), 'is for another access token')
  const age = now() / 1000 - (typeof iat === 'number' ? iat : Number.NaN)
  requireThat(age <= PROOF_SECONDS && age >= -PROOF_AHEAD, 'is too old, or from the future')
  requireThat(typeof jti === 'string' && jti !== '' && jti.length <= 256, 'has no usable jti')
  requireThat(await useProof(hash('sha256', `${jkt} ${jti}`, 'base64url')), 'was used before')
}

async function verify(proof: string) {
  try {
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms: [...PROOF_ALGORITHMS],
    })
    const jkt = await calculateJwkThumbprint(protectedHeader.jwk as JWK)
    return { jkt, claims: payload as Record<string, unknown> }
  } catch (cause) {
    throw new DpopProofInvalidError('The DPoP proof does not hold', cause)
  }
}

function requireThat(holds: boolean, otherwise: string): void {
  if (!holds) throw new DpopProofInvalidError(`The DPoP proof ${otherwise}`)
}

/** Without query and fragment, and normalised (RFC 9449, 4.3, 9). */
function sameUrl(htu: unknown, url: string): boolean {
  const [sent, real] = [urlOf(htu), urlOf(url)]
  return sent !== undefined && sent === real
}

function urlOf(text: unknown): string | undefined {
  const url = typeof text === 'string' ? URL.parse(text) : null
  if (!url) return undefined
  url.search = ''
  url.hash = ''
  return url.href
}

/** A key of a client that its tokens are bound to. */
export type ProofKey = {
  readonly thumbprint: string
  /** The header `DPoP` of one request; `token` where it goes along with one. */
  prove(method: string, url: string, token?: string): Promise<string>
}

export async function createProofKey(): Promise<ProofKey> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const jwk = await exportJWK(publicKey)
  return {
    thumbprint: await calculateJwkThumbprint(jwk),
    prove(method, url, token) {
      return new SignJWT({
        htm: method,
        htu: urlOf(url) ?? url,
        jti: crypto.randomUUID(),
        ...(token !== undefined && { ath: hash('sha256', token, 'base64url') }),
      })
        .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk })
        .setIssuedAt()
        .sign(privateKey)
    },
  }
}
