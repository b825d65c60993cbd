import { createPrivateKey, KeyObject } from 'node:crypto'

import { SignJWT } from 'jose'

export type PrivateKey = string | KeyObject
export type PrivateJwk = {
  readonly kty?: string
  readonly kid?: string
  readonly [member: string]: unknown
}

/** What signs the assertions of one client. */
export type AssertionKey = { key: KeyObject; alg: 'ES256' | 'EdDSA'; kid: string | undefined }

type Given = {
  readonly privateKeyJwk?: PrivateJwk
  readonly privateKey?: PrivateKey
}

/** @throws where it is no private key, or one that the exchange does not take. The message shows nothing of it. */
export function readPrivateKey({ privateKeyJwk, privateKey }: Given): AssertionKey {
  const key = parse(privateKeyJwk, privateKey)
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  const kid = privateKeyJwk?.kid
  if (type === 'ed25519') return { key, alg: 'EdDSA', kid }
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return { key, alg: 'ES256', kid }
  throw new TypeError('The private key must be EC on P-256, or Ed25519')
}

function parse(jwk: PrivateJwk | undefined, given: PrivateKey | undefined): KeyObject {
  if (given instanceof KeyObject) return given
  if (given === undefined && jwk === undefined)
    throw new TypeError('privateKeyJwk or privateKey is needed')
  try {
    if (given !== undefined) return createPrivateKey(given)
    return createPrivateKey({ key: jwk as never, format: 'jwk' })
  } catch {
    throw new TypeError('The private key cannot be read: PKCS #8 PEM or JWK')
  }
}

/** The assertion of `private_key_jwt` (RFC 7523, 2.2); each is used once. */
export function signAssertion(
  { key, alg, kid }: AssertionKey,
  { clientId, issuer }: { clientId: string; issuer: string },
): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg, ...(kid !== undefined && { kid }) })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(issuer)
    .setJti(crypto.randomUUID())
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(key)
}
