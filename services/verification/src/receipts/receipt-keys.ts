import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'

export type ReceiptKeys = { keys: readonly Readonly<Record<string, unknown>>[] }

/**
 * Reads the setting, so that a service that could give no receipt, or one that nobody can check, does
 * not start. @throws Error
 */
export function parseReceiptKeys(text: string): ReceiptKeys {
  const jwks = JSON.parse(text) as ReceiptKeys
  if (!Array.isArray(jwks?.keys)) throw new Error('is no JWKS')
  for (const { kty, crv, kid } of jwks.keys)
    if (kty !== 'EC' || crv !== 'P-256' || typeof kid !== 'string')
      throw new Error('has a key that is not on P-256, or has no kid')
  if (new Set(jwks.keys.map(({ kid }) => kid)).size < jwks.keys.length)
    throw new Error('has two keys of one kid')
  requirePair(findSigningKey(jwks))
  return jwks
}

/** A private part of another key would sign receipts that nobody can check. */
function requirePair({ kty, crv, x, y, d }: ReceiptKeys['keys'][number]): void {
  const publicKey = createPublicKey({ key: { kty, crv, x, y } as never, format: 'jwk' })
  const privateKey = createPrivateKey({ key: { kty, crv, x, y, d } as never, format: 'jwk' })
  const sample = Buffer.from('receipt')
  if (!verify('sha256', sample, publicKey, sign('sha256', sample, privateKey)))
    throw new Error('has a private key that does not belong to its public part')
}

/** The first that has its private part. @throws Error */
export function findSigningKey({ keys }: ReceiptKeys) {
  const signing = keys.find(({ d }) => d !== undefined)
  if (!signing) throw new Error('has no private key to sign receipts with')
  return signing
}
