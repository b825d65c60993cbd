import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

import { EncryptionUnavailableError } from './encryption.errors.ts'

const IV = 12
const TAG = 16

/** AES-256-GCM (NIST SP 800-38D) with a random 96-bit IV: IV ‖ ciphertext ‖ tag. */
export function encrypt(key: Uint8Array, plain: Uint8Array, additional: string): Buffer {
  const iv = randomBytes(IV)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  cipher.setAAD(Buffer.from(additional))
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** @throws EncryptionUnavailableError when key, additional data or a byte differ. */
export function decrypt(key: Uint8Array, sealed: Uint8Array, additional: string): Buffer {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, IV), {
      authTagLength: TAG,
    })
    decipher.setAAD(Buffer.from(additional))
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG))
    return Buffer.concat([
      decipher.update(sealed.subarray(IV, sealed.length - TAG)),
      decipher.final(),
    ])
  } catch (cause) {
    throw new EncryptionUnavailableError('What was encrypted cannot be decrypted', cause)
  }
}
