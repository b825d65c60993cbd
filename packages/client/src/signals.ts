/** A signal that also ends by itself; `AbortSignal.any` would keep every one in memory on Node.js 20. */
export type Deadline = {
  readonly signal: AbortSignal
  /** Whether the time was over, and not the caller who ended it. */
  readonly timedOut: () => boolean
  /** Begins the time anew. */
  restart(): void
  /** Stops the time until `restart`. */
  hold(): void
  clear(): void
}

export function startDeadline(milliseconds: number, outer?: AbortSignal): Deadline {
  const controller = new AbortController()
  let timedOut = false
  let timer: NodeJS.Timeout
  const abort = () => controller.abort(outer?.reason)
  const start = () => {
    timer = setTimeout(() => {
      timedOut = true
      controller.abort(new DOMException('The time is over', 'TimeoutError'))
    }, milliseconds)
  }
  start()
  if (outer?.aborted) abort()
  outer?.addEventListener('abort', abort, { once: true })
  return {
    signal: controller.signal,
    timedOut: () => timedOut,
    restart() {
      clearTimeout(timer)
      start()
    },
    hold() {
      clearTimeout(timer)
    },
    clear() {
      clearTimeout(timer)
      outer?.removeEventListener('abort', abort)
    },
  }
}

/** Waits; rejects with the reason of the signal when it is aborted. */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds)
  })
  try {
    await orAborted(over, signal)
  } finally {
    clearTimeout(timer)
  }
}

/** The same promise, given up when the signal is aborted. */
export async function orAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal | undefined,
): Promise<Value> {
  if (!signal) return promise
  let abort = () => {}
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
  try {
    return await Promise.race([aborted, promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
