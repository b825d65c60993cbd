import type { KeyEncryption } from '@lexchange/encryption'

import { openDataKey } from '../sealing/index.ts'
import type { License, StoredLicense } from './license.ts'
import { openFields } from './sealed-state.ts'

/** A license with all its claims. @throws EncryptionUnavailableError when its data key cannot be used */
export async function openLicense(keys: KeyEncryption, stored: StoredLicense): Promise<License> {
  const { sealed, wrappedKey, ...license } = stored
  if (wrappedKey === null) return { ...license, dataKey: null }
  const dataKey = await openDataKey(keys, wrappedKey, license.id)
  return { ...license, dataKey, state: openFields({ ...license, sealed }, dataKey.key) }
}
