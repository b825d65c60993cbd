import { CredentialError } from './credential.errors.ts'
import type { Disclosure } from './disclosure.ts'
import { type JsonObject, MAX_DEPTH, setMember } from './strict-json.ts'

/** What may be presented: characters of the whole, and disclosures. */
export const MAX_CHARACTERS = 65_536
export const MAX_DISCLOSURES = 200

/** The parts of `<issuer-signed JWT>~<disclosure>~…~[<KB-JWT>]` (RFC 9901, 4). */
export type SdJwtParts = {
  readonly jwt: string
  readonly disclosures: readonly string[]
  readonly keyBinding: string | undefined
  /** All up to and with the last `~`: what a KB-JWT binds. */
  readonly presented: string
}

/** A disclosure at the place where its digest was found. */
export type PlacedDisclosure = {
  readonly disclosure: Disclosure
  /** Names joined by dots, elements as `[0]`; what lies in `rules.implied` is named without it. */
  readonly path: string
  /** The disclosure within whose value the digest was. */
  readonly parent: PlacedDisclosure | undefined
}

/** A payload with each disclosed claim at its place, without digests and `_sd_alg`. */
export type ProcessedPayload = {
  readonly payload: JsonObject
  readonly disclosed: readonly PlacedDisclosure[]
}

export type ProcessingRules = {
  /** Names that may not be disclosed at the top level. */
  readonly neverDisclosed: ReadonlySet<string>
  /** A member of the top level that paths leave out. */
  readonly implied?: string
}

/** @throws CredentialError `credential-malformed`, `credential-too-large` */
export function splitSdJwt(compact: string): SdJwtParts {
  if (typeof compact !== 'string') {
    throw new CredentialError('credential-malformed', 'A credential is a string')
  }
  if (compact.length > MAX_CHARACTERS) {
    throw new CredentialError('credential-too-large', `Longer than ${MAX_CHARACTERS} characters`)
  }
  const disclosures = compact.split('~')
  const jwt = disclosures.shift() as string
  const last = disclosures.pop()
  if (last === undefined) {
    throw new CredentialError('credential-malformed', 'A credential ends with ~ or a KB-JWT')
  }
  if (disclosures.length > MAX_DISCLOSURES) {
    throw new CredentialError('credential-too-large', `More than ${MAX_DISCLOSURES} disclosures`)
  }
  return {
    jwt,
    disclosures,
    keyBinding: last === '' ? undefined : last,
    presented: last === '' ? compact : compact.slice(0, -last.length),
  }
}

type Processing = {
  /** Each digest that was given or met: its disclosure, or that it was met. */
  readonly digests: Map<string, Disclosure | typeof MET>
  readonly disclosed: PlacedDisclosure[]
  readonly rules: ProcessingRules
}

const MET = Symbol('met')
const NO_RULES: ProcessingRules = { neverDisclosed: new Set() }

/**
 * Puts disclosures at the places of their digests: RFC 9901, 7.1, steps 3 to 5. Leaves `payload` as it is.
 * The time is linear in the size: each digest may occur once, so each disclosure is walked once.
 * @throws CredentialError for everything that 7.1 rejects
 */
export function processPayload(
  payload: JsonObject,
  disclosures: readonly Disclosure[],
  rules: ProcessingRules = NO_RULES,
): ProcessedPayload {
  const { _sd_alg = 'sha-256', ...members } = payload
  if (_sd_alg !== 'sha-256') {
    throw new CredentialError('hash-not-allowed', 'Only sha-256 is accepted')
  }
  const digests: Processing['digests'] = new Map()
  for (const disclosure of disclosures) digests.set(disclosure.digest, disclosure)
  if (digests.size !== disclosures.length) {
    throw new CredentialError('digest-duplicate', 'A disclosure is given twice')
  }
  const processing: Processing = { digests, disclosed: [], rules }
  const processed = processObject(processing, members, '', 1, undefined)
  if (processing.disclosed.length !== disclosures.length) {
    throw new CredentialError('disclosure-unreferenced', 'A disclosure belongs to no digest')
  }
  return { payload: processed, disclosed: processing.disclosed }
}

/** The same value when nothing in it was disclosed, a copy otherwise. */
function processValue(
  processing: Processing,
  value: object,
  path: string,
  depth: number,
  parent: PlacedDisclosure | undefined,
): unknown {
  if (depth > MAX_DEPTH) throw new CredentialError('too-deep', 'Nested too deeply')
  if (Array.isArray(value)) return processArray(processing, value, path, depth, parent)
  return processObject(processing, value as JsonObject, path, depth, parent)
}

function processObject(
  processing: Processing,
  object: JsonObject,
  path: string,
  depth: number,
  parent: PlacedDisclosure | undefined,
): JsonObject {
  let processed = object
  const digests = Object.hasOwn(object, '_sd') ? object._sd : undefined
  if (digests !== undefined) {
    const { _sd, ...others } = object
    processed = others
  }
  const prefix = prefixOf(processing, path, depth)
  for (const name of Object.keys(processed)) {
    requireClaimName(name)
    const value = processed[name]
    if (typeof value !== 'object' || value === null) continue
    const inner = processValue(processing, value, prefix + name, depth + 1, parent)
    if (inner === value) continue
    if (processed === object) processed = { ...object }
    setMember(processed, name, inner)
  }
  if (digests === undefined) return processed
  requireDigests(digests)
  for (const digest of digests) {
    const disclosure = takeDigest(processing, digest)
    if (disclosure === undefined) continue
    const name = requireMember(processing, disclosure, processed, depth)
    setMember(processed, name, disclose(processing, disclosure, prefix + name, depth + 1, parent))
  }
  return processed
}

function prefixOf({ rules }: Processing, path: string, depth: number): string {
  return depth === 1 || (depth === 2 && path === rules.implied) ? '' : `${path}.`
}

function requireDigests(digests: unknown): asserts digests is unknown[] {
  if (!Array.isArray(digests)) throw new CredentialError('digest-malformed', '_sd is no array')
}

/** The name under which a disclosure becomes a member of an object. */
function requireMember(
  { rules }: Processing,
  { name }: Disclosure,
  object: JsonObject,
  depth: number,
): string {
  if (name === undefined) {
    throw new CredentialError('disclosure-malformed', 'A member needs [salt, name, value]')
  }
  requireClaimName(name)
  if (depth === 1 && rules.neverDisclosed.has(name)) {
    throw new CredentialError('name-forbidden', 'A claim is disclosed that must be in the open')
  }
  if (Object.hasOwn(object, name)) {
    throw new CredentialError('name-collision', 'A disclosed name exists already')
  }
  return name
}

function processArray(
  processing: Processing,
  array: readonly unknown[],
  path: string,
  depth: number,
  parent: PlacedDisclosure | undefined,
): unknown {
  let changed = false
  const processed: unknown[] = []
  for (const [index, element] of array.entries()) {
    if (typeof element !== 'object' || element === null) {
      processed.push(element)
      continue
    }
    const at = `${path}[${index}]`
    if (!Object.hasOwn(element, '...')) {
      const inner = processValue(processing, element, at, depth + 1, parent)
      changed ||= inner !== element
      processed.push(inner)
      continue
    }
    changed = true
    const disclosure = takeElement(processing, element as JsonObject)
    if (disclosure) processed.push(disclose(processing, disclosure, at, depth + 1, parent))
  }
  return changed ? processed : array
}

/** The disclosure of `{"...": digest}`, undefined when it was not given: then the element is left out. */
function takeElement(processing: Processing, element: JsonObject): Disclosure | undefined {
  if (Object.keys(element).length !== 1) {
    throw new CredentialError('digest-malformed', 'A digest of an element stands alone')
  }
  const disclosure = takeDigest(processing, element['...'])
  if (disclosure !== undefined && disclosure.name !== undefined) {
    throw new CredentialError('disclosure-malformed', 'An element needs [salt, value]')
  }
  return disclosure
}

function disclose(
  processing: Processing,
  disclosure: Disclosure,
  path: string,
  depth: number,
  parent: PlacedDisclosure | undefined,
): unknown {
  const placed = { disclosure, path, parent }
  processing.disclosed.push(placed)
  const { value } = disclosure
  if (typeof value !== 'object' || value === null) return value
  return processValue(processing, value, path, depth, placed)
}

function takeDigest({ digests }: Processing, digest: unknown): Disclosure | undefined {
  if (typeof digest !== 'string') {
    throw new CredentialError('digest-malformed', 'A digest is no string')
  }
  const found = digests.get(digest)
  if (found === MET) throw new CredentialError('digest-duplicate', 'A digest occurs twice')
  digests.set(digest, MET)
  return found
}

/** `_sd_alg` is taken from the top level before: anywhere else it is refused (RFC 9901, 4.1.1). */
export function requireClaimName(name: string): void {
  if (name === '_sd' || name === '...' || name === '_sd_alg') {
    throw new CredentialError('name-forbidden', 'A claim has a name of SD-JWT itself')
  }
}
