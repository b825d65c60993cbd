import { isUtf8 } from 'node:buffer'

import { CredentialError, type FailureCode } from './credential.errors.ts'

/** A JSON object that came from outside: its members may have any name, `__proto__` too. */
export type JsonObject = Record<string, unknown>

/** More levels of objects and arrays than this are refused, so recursion over values is safe. */
export const MAX_DEPTH = 16

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Sets a member whatever its name: assigning `__proto__` would set the prototype instead. */
export function setMember(object: JsonObject, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(object, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    })
  } else object[name] = value
}

/** Each part is decoded here and forgotten: a buffer for each of the many would be garbage at once. */
const scratch = Buffer.alloc(49_152)

/**
 * The value of canonical base64url of UTF-8 of JSON (RFC 8259) without duplicate names and at most
 * `MAX_DEPTH` deep. Two parsers that choose different duplicates would read two credentials in one.
 */
export function parseEncodedJson(encoded: string, malformed: FailureCode): unknown {
  const fits = encoded.length * 0.75 <= scratch.length
  const bytes = fits ? scratch : Buffer.alloc(encoded.length)
  const length = bytes.write(encoded, 'base64url')
  // Node.js reads leniently: see decodeBase64url.
  if (bytes.toString('base64url', 0, length) !== encoded) {
    throw new CredentialError(malformed, 'Not canonical base64url')
  }
  const text = bytes.toString('utf8', 0, length)
  // What is no UTF-8 becomes U+FFFD, but so does U+FFFD.
  if (text.includes('\ufffd') && !isUtf8(bytes.subarray(0, length))) {
    throw new CredentialError(malformed, 'Not UTF-8')
  }
  const value = parse(text, malformed)
  if (typeof value !== 'object' || value === null) return value
  const names = countNames(value, MAX_DEPTH)
  // Where no name is left after parsing, none can have come twice.
  if (names > 0 && !showsUniqueNames(bytes, length, names) && hasDuplicateNames(text)) {
    throw new CredentialError(malformed, 'A name occurs twice')
  }
  return value
}

function parse(text: string, malformed: FailureCode): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new CredentialError(malformed, 'Not JSON')
  }
}

/** The number of members of all objects in a value. */
function countNames(value: object, levels: number): number {
  if (levels === 0) throw new CredentialError('too-deep', 'Nested too deeply')
  if (Array.isArray(value)) return countInside(value, levels)
  const members = Object.values(value)
  return members.length + countInside(members, levels)
}

function countInside(members: readonly unknown[], levels: number): number {
  let count = 0
  for (const member of members) {
    if (typeof member === 'object' && member !== null) count += countNames(member, levels - 1)
  }
  return count
}

const QUOTE = 0x22
const COLON = 0x3a
const BACKSLASH = 0x5c
const SPACE = 0x20

/**
 * Without backslashes each quote begins or ends a string, and when no space follows one, each name ends
 * by `":`. So if there are no more of these than names after parsing, no name was lost as a duplicate.
 * Most credentials are written so; false only means that the text must be scanned.
 */
function showsUniqueNames(text: Uint8Array, length: number, names: number): boolean {
  let count = 0
  for (let at = 0; at < length; at += 1) {
    const byte = text[at]
    if (byte === BACKSLASH) return false
    if (byte !== QUOTE) continue
    const next = text[at + 1] as number
    if (next === COLON) count += 1
    else if (next <= SPACE) return false
  }
  return count === names
}

const STRING_OR_BRACKET = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|[{}[\]]/g

/** Scans JSON that is known to be well-formed, in time linear in its length and without recursion. */
export function hasDuplicateNames(text: string): boolean {
  const open: (Set<string> | undefined)[] = []
  for (const [token, string, colon] of text.matchAll(STRING_OR_BRACKET)) {
    if (token === '{') open.push(new Set())
    else if (token === '[') open.push(undefined)
    else if (token === '}' || token === ']') open.pop()
    if (string === undefined || colon === undefined) continue
    const names = open.at(-1)
    const name = string.includes('\\') ? (JSON.parse(string) as string) : string.slice(1, -1)
    if (names?.has(name)) return true
    names?.add(name)
  }
  return false
}
