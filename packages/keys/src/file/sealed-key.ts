import { createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { CompactEncrypt, compactDecrypt } from 'jose'

import { SigningUnavailableError } from '../keys.errors.ts'

/** AES-256 in GCM. */
const ENCRYPTION_KEY = 32

/** @throws RangeError when it is not 32 bytes. */
export function requireEncryptionKey(key: Uint8Array): void {
  if (key.length !== ENCRYPTION_KEY)
    throw new RangeError(`A key encryption key is ${ENCRYPTION_KEY} bytes, not ${key.length}`)
}

/** A compact JWE (RFC 7516) of the private JWK; its protected header names the key it is of. */
export function sealKey(encryptionKey: Uint8Array, id: string, key: KeyObject): Promise<string> {
  return sealPlain(
    encryptionKey,
    id,
    new TextEncoder().encode(JSON.stringify(key.export({ format: 'jwk' }))),
  )
}

function sealPlain(encryptionKey: Uint8Array, id: string, plain: Uint8Array): Promise<string> {
  return new CompactEncrypt(plain)
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: id })
    .encrypt(encryptionKey)
}

/** @throws SigningUnavailableError when it was sealed under another key, is damaged or of another id. */
export async function openKey(
  encryptionKey: Uint8Array,
  id: string,
  sealed: string,
): Promise<KeyObject> {
  return toPrivateKey(id, await openPlain(encryptionKey, id, sealed))
}

/** The same key under another key encryption key. */
export async function resealKey(
  encryptionKeys: { from: Uint8Array; to: Uint8Array },
  id: string,
  sealed: string,
): Promise<string> {
  const plain = await openPlain(encryptionKeys.from, id, sealed)
  return sealPlain(encryptionKeys.to, id, plain)
}

async function openPlain(
  encryptionKey: Uint8Array,
  id: string,
  sealed: string,
): Promise<Uint8Array> {
  const { plaintext, protectedHeader } = await compactDecrypt(sealed, encryptionKey, {
    keyManagementAlgorithms: ['dir'],
    contentEncryptionAlgorithms: ['A256GCM'],
  }).catch((cause) => {
    throw new SigningUnavailableError(`Key ${id} could not be decrypted`, cause)
  })
  // Whoever may write the folder could otherwise have one key sign in the place of another.
  if (protectedHeader.kid !== id)
    throw new SigningUnavailableError(
      `Key ${id} could not be decrypted: its file is of another key`,
    )
  return plaintext
}

function toPrivateKey(id: string, plain: Uint8Array): KeyObject {
  try {
    const jwk = JSON.parse(new TextDecoder().decode(plain)) as JsonWebKey
    const key = createPrivateKey({ key: jwk, format: 'jwk' })
    if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key
  } catch {
    // Without the cause: what a parser says of its input may hold a part of the key.
  }
  throw new SigningUnavailableError(`Key ${id} could not be read: its file holds no key on P-256`)
}
