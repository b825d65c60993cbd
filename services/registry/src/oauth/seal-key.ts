import { CompactEncrypt, compactDecrypt, exportJWK, generateKeyPair, type JWK } from 'jose'
import { v7 } from 'uuid'

import type { SealedKey } from './signing.ts'

/** Makes a key pair; only the sealed private part leaves this function. */
export async function createSealedKey(
  encryptionKey: Uint8Array,
  times: { createdAt: Date; activeFrom: Date },
): Promise<SealedKey> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const kid = v7()
  const { kty, crv, x, y } = await exportJWK(publicKey)
  const common = { kid, alg: 'ES256', use: 'sig' }
  const plain = new TextEncoder().encode(
    JSON.stringify({ ...(await exportJWK(privateKey)), ...common }),
  )
  const sealedPrivateJwk = await new CompactEncrypt(plain)
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid })
    .encrypt(encryptionKey)
  const publicJwk = { kty, crv, x, y, ...common } as Record<string, string>
  return { kid, publicJwk, sealedPrivateJwk, ...times, retiredAt: null }
}

/** The private key (JWK). Rejects when it was sealed under another key encryption key. */
export async function openKey(encryptionKey: Uint8Array, key: SealedKey): Promise<JWK> {
  const { plaintext } = await compactDecrypt(key.sealedPrivateJwk, encryptionKey)
  return JSON.parse(new TextDecoder().decode(plaintext)) as JWK
}
