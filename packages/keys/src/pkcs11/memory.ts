/** `unsigned long` and pointers are of 8 bytes each, little-endian, wherever this runs. */
export const WORD = 8

/** One CK_ATTRIBUTE: its type and its value, in the form that Cryptoki reads. */
export type Attribute = readonly [type: bigint, value: Uint8Array]

/** Structs of C with pointers in them, and what must stay in memory as long as they are used. */
export type Struct = { readonly bytes: Buffer; readonly kept: readonly Uint8Array[] }

export type AddressOf = (memory: Uint8Array) => bigint

export const TRUE = Uint8Array.of(1)
export const FALSE = Uint8Array.of(0)

/** A CK_ULONG. */
export function word(value: bigint): Buffer {
  const bytes = Buffer.alloc(WORD)
  bytes.writeBigUInt64LE(value)
  return bytes
}

/** A CK_MECHANISM without parameter. */
export function mechanism(type: bigint): Struct {
  return { bytes: Buffer.concat([word(type), word(0n), word(0n)]), kept: [] }
}

/** An array of CK_ATTRIBUTE: type, address of the value, length of the value. */
export function template(attributes: readonly Attribute[], addressOf: AddressOf): Struct {
  const kept = attributes.map(([, value]) => value)
  const words = attributes.flatMap(([type, value]) => [
    word(type),
    word(addressOf(value)),
    word(BigInt(value.length)),
  ])
  return { bytes: Buffer.concat(words), kept }
}

/** The length that C_GetAttributeValue wrote into the first attribute of a template. */
export function lengthIn({ bytes }: Struct): number {
  return Number(bytes.readBigInt64LE(2 * WORD))
}

export function wordsOf(bytes: Buffer): bigint[] {
  return Array.from({ length: bytes.length / WORD }, (_, index) =>
    bytes.readBigUInt64LE(index * WORD),
  )
}
