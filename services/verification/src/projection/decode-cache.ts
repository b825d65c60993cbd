/** What is larger is decoded each time, in bytes. */
const LARGEST = 16_384

type Kept<Value> = { bytes: Buffer; value: Value }

/**
 * Decodes what was not decoded before: the same few licenses are asked about again and again, and parsing one
 * costs more than reading it. What is kept holds for as long as the bytes are the same, so nothing has to be
 * told when an entry changes.
 */
export function createDecodeCache<Value>(decode: (bytes: Buffer) => Value, most: number) {
  const kept = new Map<string, Kept<Value>>()
  return (key: Buffer, bytes: Buffer): Value => {
    if (bytes.length > LARGEST) return decode(bytes)
    const name = key.toString('latin1')
    const known = kept.get(name)
    if (known?.bytes.equals(bytes)) return known.value
    // LMDB reads the next entry into the same buffer.
    const copy = Buffer.from(bytes)
    const value = decode(copy)
    if (!known && kept.size >= most) kept.delete(kept.keys().next().value ?? '')
    kept.set(name, { bytes: copy, value })
    return value
  }
}
