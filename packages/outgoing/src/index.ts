export { isLoopback, isPublicAddress } from './address.ts'
export { AddressRefusedError, createGuardedLookup, type Resolve } from './guarded-lookup.ts'
export { findUrlFault, type UrlRules } from './url-fault.ts'
