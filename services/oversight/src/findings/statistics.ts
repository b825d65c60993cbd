/** The middle one; undefined of nothing. */
export function median(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2
}

/** How high it goes now and then: of many values the second highest, so that one mishap is no habit. */
export function high(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => b - a)
  return (values.length >= 20 ? sorted[1] : sorted[0]) ?? 0
}

/** Shares are compared by their odds, so that 80 % is as far from 50 % as 50 % from 20 %. */
export function odds(share: number): number {
  const bounded = Math.min(0.99, Math.max(0.01, share))
  return bounded / (1 - bounded)
}
