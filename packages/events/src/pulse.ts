/** Lets a loop sleep until something happens: a beat, the time, or the end. */
export type Pulse = {
  readonly stopped: boolean
  /** Wakes the sleeper, or spares the next one its sleep. */
  beat(): void
  stop(): void
  wait(milliseconds: number): Promise<void>
}

export function createPulse(): Pulse {
  let stopped = false
  let beaten = false
  let wake: (() => void) | undefined
  return {
    get stopped() {
      return stopped
    },
    beat() {
      beaten = true
      wake?.()
    },
    stop() {
      stopped = true
      wake?.()
    },
    async wait(milliseconds) {
      if (!stopped && !beaten)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, milliseconds)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      wake = undefined
      beaten = false
    },
  }
}
