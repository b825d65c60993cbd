import { createPrivateKey, type KeyObject } from 'node:crypto'

import { completeJws, draftReceipt, type ReceiptBody, signEs256 } from '@lexchange/credentials'

import { findSigningKey, type ReceiptKeys } from './receipt-keys.ts'

export type ReceiptSigner = {
  sign(body: ReceiptBody): string
  /** Every key that has ever signed a receipt. */
  readonly jwks: { keys: Record<string, unknown>[] }
}

/**
 * Signs receipts with the first key that has its private part; all are published, because old receipts are
 * checked with old keys. docs/formats/receipt.md @throws Error where none can sign
 */
export function createReceiptSigner({ keys }: ReceiptKeys): ReceiptSigner {
  const signing = findSigningKey({ keys })
  const kid = String(signing.kid)
  const key: KeyObject = createPrivateKey({ key: signing as never, format: 'jwk' })
  return {
    jwks: { keys: keys.map(publicPart) },
    sign(body) {
      const draft = draftReceipt(body, kid)
      return completeJws(draft, signEs256(key, Buffer.from(draft.signingInput, 'latin1')))
    },
  }
}

/** Names what is published, so that no private member ever is. */
function publicPart({ kty, crv, x, y, kid, nbf, revoked }: ReceiptKeys['keys'][number]) {
  const times = { ...(nbf !== undefined && { nbf }), ...(revoked !== undefined && { revoked }) }
  return { kty, crv, x, y, kid, ...times, alg: 'ES256', use: 'sig' }
}
