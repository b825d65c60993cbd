import { createPrivateKey, type KeyObject } from 'node:crypto'

import { completeJws, draftReceipt, type ReceiptBody, signEs256 } from '@lexchange/credentials'

export type ReceiptKeys = { keys: readonly Readonly<Record<string, unknown>>[] }

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
  const signing = keys.find(({ d }) => d !== undefined)
  if (!signing) throw new Error('RECEIPT_KEYS has no private key')
  const kid = String(signing.kid)
  const key: KeyObject = createPrivateKey({ key: signing as never, format: 'jwk' })
  const published = keys.map(({ d: _private, ...publicPart }) => ({
    ...publicPart,
    alg: 'ES256',
    use: 'sig',
  }))
  return {
    jwks: { keys: published },
    sign(body) {
      const draft = draftReceipt(body, kid)
      return completeJws(draft, signEs256(key, Buffer.from(draft.signingInput, 'latin1')))
    },
  }
}
