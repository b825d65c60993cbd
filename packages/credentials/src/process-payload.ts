import type { Disclosure } from './disclosure.ts'
import type { PlacedDisclosure } from './place-disclosures.ts'
import { type JsonObject, setMember } from './strict-json.ts'

type ByDigest = ReadonlyMap<string, Disclosure>

/**
 * The payload with each disclosed claim at its place, without digests and `_sd_alg`: the Processed SD-JWT
 * Payload of RFC 9901, 7.1. Leaves `payload` as it is.
 * @param placed from `placeDisclosures` of the same payload, which has checked everything.
 */
export function processPayload(
  payload: JsonObject,
  placed: readonly PlacedDisclosure[],
): JsonObject {
  const byDigest = new Map(placed.map(({ disclosure }) => [disclosure.digest, disclosure]))
  const { _sd_alg, ...members } = payload
  return processObject(byDigest, members)
}

function processValue(byDigest: ByDigest, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.flatMap((element) => processElement(byDigest, element))
  return processObject(byDigest, value as JsonObject)
}

function processObject(byDigest: ByDigest, object: JsonObject): JsonObject {
  const processed: JsonObject = {}
  for (const name of Object.keys(object)) {
    if (name !== '_sd') setMember(processed, name, processValue(byDigest, object[name]))
  }
  const digests = Object.hasOwn(object, '_sd') ? (object._sd as string[]) : []
  for (const digest of digests) {
    const disclosure = byDigest.get(digest)
    if (disclosure === undefined) continue
    setMember(processed, disclosure.name as string, processValue(byDigest, disclosure.value))
  }
  return processed
}

/** An element that was not disclosed is left out (RFC 9901, 7.1, step 3d). */
function processElement(byDigest: ByDigest, element: unknown): unknown[] {
  if (typeof element !== 'object' || element === null || !Object.hasOwn(element, '...')) {
    return [processValue(byDigest, element)]
  }
  const disclosure = byDigest.get((element as Record<'...', string>)['...'])
  return disclosure === undefined ? [] : [processValue(byDigest, disclosure.value)]
}
