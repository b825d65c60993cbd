import { deflateSync, inflateSync } from 'node:zlib'

import { decodeBase64url } from './base64url.ts'
import { attempt, CredentialError, type Outcome } from './credential.errors.ts'

/** Bits of each status in a list (Token Status List, 4.1). */
export type StatusBits = 1 | 2 | 4 | 8

/** Token Status List, 7.1. */
export const STATUS_VALID = 0
export const STATUS_INVALID = 1
export const STATUS_SUSPENDED = 2

/** 2^20 entries of 8 bits. */
const MAX_BYTES = 1_048_576

/** A list in the clear: the first entry is in the least significant bits of the first byte. */
export type StatusList = { readonly bits: StatusBits; readonly bytes: Uint8Array }

/**
 * A list of `size` entries, all VALID but those given as `[index, status]`.
 * @throws CredentialError `status-bits-not-allowed`, `status-index-out-of-range`, `status-list-malformed`
 *   for a status that has no room in the bits, `status-list-too-large`
 */
export function packStatuses(
  size: number,
  bits: StatusBits,
  entries: Iterable<readonly [index: number, status: number]>,
): Uint8Array {
  requireBits(bits)
  const length = Math.ceil((size * bits) / 8)
  if (!(size >= 0 && length <= MAX_BYTES)) {
    throw new CredentialError('status-list-too-large', 'A list has up to 1 MiB')
  }
  const bytes = new Uint8Array(length)
  for (const [index, status] of entries) {
    requireIndex(index, size)
    if (!Number.isInteger(status) || status < 0 || status >= 2 ** bits) {
      throw new CredentialError('status-list-malformed', `No status of ${bits} bits`)
    }
    const bit = index * bits
    const shift = bit % 8
    const byte = bit >>> 3
    const others = (bytes[byte] as number) & ~((2 ** bits - 1) << shift)
    bytes[byte] = others | (status << shift)
  }
  return bytes
}

/**
 * The status at an index.
 * @throws CredentialError `status-bits-not-allowed`, `status-index-out-of-range`
 */
export function statusAt(bytes: Uint8Array, bits: StatusBits, index: number): number {
  requireBits(bits)
  requireIndex(index, (bytes.length * 8) / bits)
  const bit = index * bits
  return ((bytes[bit >>> 3] as number) >>> (bit % 8)) & (2 ** bits - 1)
}

/**
 * `lst`: base64url of the bytes, compressed by zlib (RFC 1950) at level 9.
 * @throws CredentialError `status-bits-not-allowed`, `status-list-malformed` when empty
 */
export function encodeStatusList(bytes: Uint8Array, bits: StatusBits): string {
  requireBits(bits)
  if (bytes.length === 0) throw new CredentialError('status-list-malformed', 'The list is empty')
  return deflateSync(bytes, { level: 9 }).toString('base64url')
}

/**
 * The bytes of `lst`, at most 1 MiB: a zip bomb ends there. Fails with `status-bits-not-allowed`,
 * `status-list-malformed` or `status-list-too-large`.
 */
export function decodeStatusList(lst: unknown, bits: unknown): Outcome<StatusList> {
  return attempt(() => {
    requireBits(bits)
    if (typeof lst !== 'string')
      throw new CredentialError('status-list-malformed', 'lst is no text')
    // Even incompressible bytes grow by little.
    if (lst.length > 2 * MAX_BYTES) throw new CredentialError('status-list-too-large', 'Over 2 MiB')
    const bytes = inflate(decodeBase64url(lst, 'status-list-malformed'))
    if (bytes.length === 0) throw new CredentialError('status-list-malformed', 'The list is empty')
    return { bits, bytes }
  })
}

function inflate(compressed: Buffer): Buffer {
  try {
    const { buffer, engine } = inflateSync(compressed, {
      maxOutputLength: MAX_BYTES,
      info: true,
    }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } }
    if (engine.bytesWritten !== compressed.length) {
      throw new CredentialError('status-list-malformed', 'Bytes follow the compressed list')
    }
    return buffer
  } catch (error) {
    if (error instanceof CredentialError) throw error
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new CredentialError('status-list-too-large', 'The list is larger than 1 MiB')
    }
    throw new CredentialError('status-list-malformed', 'The list is not compressed by zlib')
  }
}

function requireBits(bits: unknown): asserts bits is StatusBits {
  if (bits !== 1 && bits !== 2 && bits !== 4 && bits !== 8) {
    throw new CredentialError('status-bits-not-allowed', 'Bits are 1, 2, 4 or 8')
  }
}

function requireIndex(index: number, size: number): void {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) {
    throw new CredentialError('status-index-out-of-range', 'The list has no such index')
  }
}
