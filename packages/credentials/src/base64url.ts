import { CredentialError, type FailureCode } from './credential.errors.ts'

/**
 * Bytes of base64url without padding (RFC 7515, 2). Node.js reads leniently, so what it read is written
 * again: a foreign character, padding or non-zero trailing bits would let two texts mean the same.
 */
export function decodeBase64url(text: string, malformed: FailureCode): Buffer {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.toString('base64url') !== text) {
    throw new CredentialError(malformed, 'Not canonical base64url')
  }
  return bytes
}

export function encodeBase64url(value: string | Uint8Array): string {
  return Buffer.from(value as string).toString('base64url')
}
