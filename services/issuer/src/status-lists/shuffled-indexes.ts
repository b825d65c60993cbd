import { randomFillSync } from 'node:crypto'

/**
 * The numbers below `size` in random order (Fisher and Yates), so that neither order nor count of what is
 * issued can be read from an index.
 */
export function shuffledIndexes(size: number): Uint32Array {
  const indexes = Uint32Array.from({ length: size }, (_, index) => index)
  const random = randomFillSync(new Uint32Array(size))
  for (let last = size - 1; last > 0; last--) {
    const chosen = below(last + 1, random[last] as number)
    const kept = indexes[last] as number
    indexes[last] = indexes[chosen] as number
    indexes[chosen] = kept
  }
  return indexes
}

const one = new Uint32Array(1)

/** Without the bias of a plain remainder: what lies above the last full multiple is drawn again. */
function below(bound: number, drawn: number): number {
  const limit = 2 ** 32 - (2 ** 32 % bound)
  let value = drawn
  while (value >= limit) value = randomFillSync(one)[0] as number
  return value % bound
}
