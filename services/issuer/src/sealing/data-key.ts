import { type KeyEncryption, newDataKey } from '@lexchange/encryption'

/** A data key as it is used, and as it is stored: wrapped by a key-encryption key. */
export type DataKey = { key: Buffer; wrapped: string }

/** A new one. @param about the license or the import that it is of; no other can use it. */
export async function makeDataKey(keys: KeyEncryption, about: string): Promise<DataKey> {
  const key = newDataKey()
  return { key, wrapped: await keys.wrap(key, about) }
}

/** @throws EncryptionUnavailableError when its key-encryption key is gone */
export async function openDataKey(
  keys: KeyEncryption,
  wrapped: string,
  about: string,
): Promise<DataKey> {
  return { key: await keys.unwrap(wrapped, about), wrapped }
}
