export { createSoftToken, type SoftToken } from './create-soft-token.ts'
export { findSoftHsm, type SoftHsm } from './find-soft-hsm.ts'
