export { buildSigning, type SigningConfig } from './build-signing.ts'
