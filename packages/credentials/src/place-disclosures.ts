import { CredentialError } from './credential.errors.ts'
import type { Disclosure } from './disclosure.ts'
import { requireClaimName } from './sd-jwt.ts'
import { type JsonObject, MAX_DEPTH } from './strict-json.ts'

/** A disclosure at the place where its digest was found. */
export type PlacedDisclosure = {
  readonly disclosure: Disclosure
  /** Names joined by dots, elements as `[0]`; what lies in `rules.implied` is named without it. */
  readonly path: string
  /** The disclosure within whose value the digest was. */
  readonly parent: PlacedDisclosure | undefined
}

export type PlacementRules = {
  /** Names that may not be disclosed at the top level. */
  readonly neverDisclosed: ReadonlySet<string>
  /** A member of the top level that paths leave out. */
  readonly implied?: string
}

type Placing = {
  /** Each digest that was given or met: its disclosure, or that it was met. */
  readonly digests: Map<string, Disclosure | typeof MET>
  readonly placed: PlacedDisclosure[]
  readonly rules: PlacementRules
}

const MET = Symbol('met')
const NO_RULES: PlacementRules = { neverDisclosed: new Set() }

/**
 * Finds the place of each disclosure and checks all that RFC 9901, 7.1, steps 3 to 5 demands; the payload is
 * built only when somebody asks for it, by `processPayload`. The time is linear in the size: each digest may
 * occur once, so each disclosure is walked once.
 * @throws CredentialError for everything that 7.1 rejects
 */
export function placeDisclosures(
  payload: JsonObject,
  disclosures: readonly Disclosure[],
  rules: PlacementRules = NO_RULES,
): readonly PlacedDisclosure[] {
  if (Object.hasOwn(payload, '_sd_alg') && payload._sd_alg !== 'sha-256') {
    throw new CredentialError('hash-not-allowed', 'Only sha-256 is accepted')
  }
  const digests: Placing['digests'] = new Map()
  for (const disclosure of disclosures) digests.set(disclosure.digest, disclosure)
  if (digests.size !== disclosures.length) {
    throw new CredentialError('digest-duplicate', 'A disclosure is given twice')
  }
  const placing: Placing = { digests, placed: [], rules }
  walkObject(placing, payload, '', 1, undefined)
  if (placing.placed.length !== disclosures.length) {
    throw new CredentialError('disclosure-unreferenced', 'A disclosure belongs to no digest')
  }
  return placing.placed
}

function walk(
  placing: Placing,
  value: unknown,
  path: string,
  depth: number,
  parent: PlacedDisclosure | undefined,
): void {
  if (typeof value !== 'object' || value === null) return
  if (depth > MAX_DEPTH) throw new CredentialError('too-deep', 'Nested too deeply')
  if (Array.isArray(value)) walkArray(placing, value, path, depth, parent)
  else walkObject(placing, value as JsonObject, path, depth, parent)
}

function walkObject(
  placing: Placing,
  object: JsonObject,
  path: string,
  depth: number,
  parent: PlacedDisclosure | undefined,
): void {
  // RFC 9901, 4.1.1: _sd_alg stands at the top level only.
  if (Object.hasOwn(object, '...') || (depth > 1 && Object.hasOwn(object, '_sd_alg'))) {
    throw new CredentialError('name-forbidden', 'A claim has a name of SD-JWT itself')
  }
  const { implied } = placing.rules
  const prefix = depth === 1 || (depth === 2 && path === implied) ? '' : `${path}.`
  const hides = Object.hasOwn(object, '_sd')
  // Few members are objects: looking at the values first is the faster way to find them.
  let names: string[] | undefined
  const values = Object.values(object)
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index]
    if (typeof value !== 'object' || value === null) continue
    names ??= Object.keys(object)
    const name = names[index] as string
    if (name !== '_sd') walk(placing, value, prefix + name, depth + 1, parent)
  }
  if (hides) placeMembers(placing, object, prefix, depth, parent)
}

function placeMembers(
  placing: Placing,
  object: JsonObject,
  prefix: string,
  depth: number,
  parent: PlacedDisclosure | undefined,
): void {
  const { _sd: digests } = object
  if (!Array.isArray(digests)) throw new CredentialError('digest-malformed', '_sd is no array')
  const names: string[] = []
  for (const digest of digests) {
    const disclosure = takeDigest(placing, digest)
    if (disclosure === undefined) continue
    const { name } = disclosure
    if (name === undefined) {
      throw new CredentialError('disclosure-malformed', 'A member needs [salt, name, value]')
    }
    requireClaimName(name)
    if (depth === 1 && placing.rules.neverDisclosed.has(name)) {
      throw new CredentialError('name-forbidden', 'A claim is disclosed that must be in the open')
    }
    if (Object.hasOwn(object, name) || names.includes(name)) {
      throw new CredentialError('name-collision', 'A disclosed name exists already')
    }
    names.push(name)
    place(placing, disclosure, prefix + name, depth + 1, parent)
  }
}

function walkArray(
  placing: Placing,
  array: readonly unknown[],
  path: string,
  depth: number,
  parent: PlacedDisclosure | undefined,
): void {
  for (const [index, element] of array.entries()) {
    if (typeof element !== 'object' || element === null) continue
    const at = `${path}[${index}]`
    if (!Object.hasOwn(element, '...')) {
      walk(placing, element, at, depth + 1, parent)
      continue
    }
    if (Object.keys(element).length !== 1) {
      throw new CredentialError('digest-malformed', 'A digest of an element stands alone')
    }
    const disclosure = takeDigest(placing, (element as JsonObject)['...'])
    if (disclosure === undefined) continue
    if (disclosure.name !== undefined) {
      throw new CredentialError('disclosure-malformed', 'An element needs [salt, value]')
    }
    place(placing, disclosure, at, depth + 1, parent)
  }
}

function place(
  placing: Placing,
  disclosure: Disclosure,
  path: string,
  depth: number,
  parent: PlacedDisclosure | undefined,
): void {
  const placed = { disclosure, path, parent }
  placing.placed.push(placed)
  walk(placing, disclosure.value, path, depth, placed)
}

function takeDigest({ digests }: Placing, digest: unknown): Disclosure | undefined {
  if (typeof digest !== 'string') {
    throw new CredentialError('digest-malformed', 'A digest is no string')
  }
  const found = digests.get(digest)
  if (found === MET) throw new CredentialError('digest-duplicate', 'A digest occurs twice')
  digests.set(digest, MET)
  return found
}
