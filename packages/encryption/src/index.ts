export { EncryptionUnavailableError } from './encryption.errors.ts'
export { createFileKeyEncryption } from './file-key-encryption.ts'
export { type KeyEncryption, keyIdOf } from './key-encryption.ts'
export {
  hashesEqual,
  hashValue,
  newDataKey,
  openValue,
  sealValue,
  type ValuePlace,
} from './seal-claims.ts'
