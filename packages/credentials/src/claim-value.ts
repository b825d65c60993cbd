import { CredentialError } from './credential.errors.ts'
import { requireClaimName } from './sd-jwt.ts'
import { isJsonObject } from './strict-json.ts'

/**
 * Refuses what JSON.stringify would drop or change, and names that a verifier would take for digests.
 * @param levels of objects and arrays that the value may have.
 * @throws CredentialError `value-not-json`, `name-forbidden`, `too-deep`
 */
function requireClaimValue(value: unknown, levels: number): void {
  if (typeof value === 'string') requireWellFormed(value)
  else if (Array.isArray(value)) {
    requireLevel(levels)
    for (const element of value) requireClaimValue(element, levels - 1)
  } else if (isPlainObject(value)) {
    requireLevel(levels)
    requireClaimMembers(value, levels)
  } else if (value !== null && typeof value !== 'boolean' && !Number.isFinite(value)) {
    throw new CredentialError('value-not-json', 'A value is not JSON')
  }
}

function requireLevel(levels: number): void {
  if (levels === 0) throw new CredentialError('too-deep', 'Nested too deeply')
}

export function requireClaimMembers(object: object, levels: number): void {
  for (const [name, member] of Object.entries(object)) {
    requireWellFormed(name)
    requireClaimName(name)
    requireClaimValue(member, levels - 1)
  }
}

// A Date or a class would be signed as something else than it is.
function isPlainObject(value: unknown): value is object {
  if (!isJsonObject(value)) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

// RFC 7493, 2.1: half a surrogate pair has no UTF-8.
function requireWellFormed(text: string): void {
  if (!text.isWellFormed()) throw new CredentialError('value-not-json', 'A text is not Unicode')
}
