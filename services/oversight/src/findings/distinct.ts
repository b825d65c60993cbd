/** Counts different texts: exactly up to its capacity, beyond that to within a percent or so. */
export type Distinct = { add(text: string): void; readonly count: number }

/**
 * Keeps hashes only. When there are too many it goes on with every second, fourth, … of them (adaptive
 * sampling after Wegman), so that a department that asks for millions does not fill the memory.
 */
export function createDistinct(capacity = 32_768): Distinct {
  const kept = new Set<number>()
  let level = 0
  let mask = 0
  return {
    add(text) {
      const hash = hashOf(text)
      if ((hash & mask) !== 0) return
      kept.add(hash)
      while (kept.size > capacity) {
        mask = 2 ** ++level - 1
        for (const each of kept) if ((each & mask) !== 0) kept.delete(each)
      }
    },
    get count() {
      return kept.size * 2 ** level
    },
  }
}

/** FNV-1a, and the finalizer of MurmurHash3, because the low bits choose the sample. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let place = 0; place < text.length; place++)
    hash = Math.imul(hash ^ text.charCodeAt(place), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
