export { buildSigning, type Signing, type SigningConfig } from './build-signing.ts'
