const SECONDS = 60

/** Counts of the last 60 seconds. */
export type SlidingMinute = {
  /** Seconds until one more is within the limit; 0 when it is now. */
  wait(limit: number, now: number): number
  count(now: number): void
}

/** In no 60 seconds are more counted than the limit: seconds that are only partly over count in full. */
export function createSlidingMinute(): SlidingMinute {
  // One more than a minute has: the present second and the one that is just leaving.
  const counts = new Uint32Array(SECONDS + 1)
  let total = 0
  let second = 0

  function advance(now: number): void {
    const present = Math.floor(now / 1000)
    const passed = Math.min(present - second, counts.length)
    for (let step = 1; step <= passed; step++) {
      const slot = (second + step) % counts.length
      total -= counts[slot] as number
      counts[slot] = 0
    }
    if (present > second) second = present
  }

  return {
    wait(limit, now) {
      advance(now)
      let left = total
      for (let step = 0; left >= limit && step < counts.length; step++) {
        left -= counts[(second + 1 + step) % counts.length] as number
        if (left < limit) return step + 1
      }
      return 0
    },
    count(now) {
      advance(now)
      const slot = second % counts.length
      counts[slot] = (counts[slot] as number) + 1
      total++
    },
  }
}
