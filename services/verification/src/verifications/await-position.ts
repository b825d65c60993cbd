import { PositionNotReachedError } from './verification.errors.ts'

type Positions = { latestPosition(): number }
type Waiting = {
  minPosition: number
  deadline: number
  resolve: () => void
  reject: (reason: unknown) => void
}

/** Longest that an answer is held back, in ms, and how often the position is looked at meanwhile. */
const PATIENCE = 1_000
const LOOK_EVERY = 2

/**
 * Makes the function that resolves as soon as the projection has got to a position, and rejects with
 * `position-not-reached` after a second. All who wait share one timer.
 */
export function createPositionWait(positions: Positions): (minPosition: number) => Promise<void> {
  const waiting = new Set<Waiting>()
  let timer: NodeJS.Timeout | undefined

  function settle(each: Waiting): void {
    try {
      const position = positions.latestPosition()
      if (position >= each.minPosition) each.resolve()
      else if (performance.now() < each.deadline) return
      else each.reject(new PositionNotReachedError(each.minPosition, position))
    } catch (error) {
      each.reject(error)
    }
    waiting.delete(each)
  }

  function look(): void {
    for (const each of waiting) settle(each)
    if (waiting.size > 0) return
    clearInterval(timer)
    timer = undefined
  }

  return (minPosition) =>
    new Promise((resolve, reject) => {
      waiting.add({ minPosition, deadline: performance.now() + PATIENCE, resolve, reject })
      timer ??= setInterval(look, LOOK_EVERY)
      look()
    })
}
