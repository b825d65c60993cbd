export { createLimits } from './create-limits.ts'
export { QuotaExceededError, ThrottledError } from './limits.errors.ts'
export { type Claim, isLimited, type Refusal } from './limits.ts'
