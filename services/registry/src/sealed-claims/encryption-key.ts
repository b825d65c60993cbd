import { exportJWK, generateKeyPair } from 'jose'
import { v7 } from 'uuid'

/** Public part of a key pair that issuers seal claims for. */
export type EncryptionJwk = Readonly<
  Record<'kid' | 'kty' | 'crv' | 'x' | 'y' | 'alg' | 'use', string>
>

export const ALGORITHM = 'ECDH-ES+A256KW'

/** A new P-256 pair; `privateKey` is the secret number of it, 32 bytes. */
export async function newEncryptionKey(): Promise<{ jwk: EncryptionJwk; privateKey: Buffer }> {
  const pair = await generateKeyPair(ALGORITHM, { crv: 'P-256', extractable: true })
  const { kty, crv, x, y } = await exportJWK(pair.publicKey)
  const { d = '' } = await exportJWK(pair.privateKey)
  const jwk = { kid: v7(), kty, crv, x, y, alg: ALGORITHM, use: 'enc' } as EncryptionJwk
  return { jwk, privateKey: Buffer.from(d, 'base64url') }
}

/** What the wrapped private part is bound to. */
export function aboutKey(kid: string): string {
  return `registry-encryption|${kid}`
}
