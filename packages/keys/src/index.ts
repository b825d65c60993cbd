export {
  createFileKeyProvider,
  type FileKeyProviderOptions,
} from './file/create-file-key-provider.ts'
export { type RewrapOptions, type Rewrapped, rewrapFileKeys } from './file/rewrap-file-keys.ts'
export type { KeyProvider, PublicJwk } from './key-provider.ts'
export { SigningUnavailableError } from './keys.errors.ts'
export {
  createPkcs11KeyProvider,
  type Pkcs11KeyProviderOptions,
} from './pkcs11/create-pkcs11-key-provider.ts'
