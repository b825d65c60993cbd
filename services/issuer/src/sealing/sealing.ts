import type { KeyEncryption } from '@lexchange/encryption'

import type { RegistryKey } from './registry-key.ts'

/** What personal and secret claims are sealed with: for this issuer's tables, and for the registry. */
export type Sealing = {
  keys: KeyEncryption
  registryKey: RegistryKey
  /** Keys the hashes of commands, whose claims could be guessed from them otherwise. */
  requestKey: Uint8Array
}
