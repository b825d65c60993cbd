export { type DataKey, makeDataKey, openDataKey } from './data-key.ts'
export { createRegistryKey, type RegistryKey } from './registry-key.ts'
export { ClaimsErasedError, SealingKeyUnavailableError } from './sealing.errors.ts'
export type { Sealing } from './sealing.ts'
