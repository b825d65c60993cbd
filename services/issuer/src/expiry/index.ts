export { expireLicenses } from './expire-licenses.ts'
export { startExpiry } from './start-expiry.ts'
