/** Numbers that look random and are the same in each run (mulberry32). */
export function createRandom(seed: number) {
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const between = (from: number, to: number) => from + next() * (to - from)
  return {
    next,
    between,
    integer: (from: number, to: number) => Math.floor(between(from, to + 1)),
    chance: (probability: number) => next() < probability,
    /** About normal, by the sum of four. */
    around: (mean: number, spread: number) =>
      mean + spread * (next() + next() + next() + next() - 2) * 1.7,
  }
}

export type Random = ReturnType<typeof createRandom>
