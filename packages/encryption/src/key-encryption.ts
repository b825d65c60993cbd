/**
 * Wraps data keys by a key-encryption key that may live in a file, a PKCS#11 token or a cloud KMS: all
 * a provider is asked is to wrap and to unwrap 32 bytes, and to name the key it wraps with now.
 */
export type KeyEncryption = {
  /** Id of the key-encryption key that wraps now. */
  currentKeyId(): string
  /** @param about what the data key is of, e.g. a license id; unwrapping needs the same. */
  wrap(dataKey: Uint8Array, about: string): Promise<string>
  /** @throws EncryptionUnavailableError when the key-encryption key is gone, or `about` differs. */
  unwrap(wrapped: string, about: string): Promise<Buffer>
}

/** Id of the key-encryption key that a wrapped data key needs. */
export function keyIdOf(wrapped: string): string {
  return wrapped.split('.')[1] ?? ''
}
