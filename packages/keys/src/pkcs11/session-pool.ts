import { SessionsEndedError } from './cryptoki.errors.ts'

export type SessionPool = {
  /**
   * Does the work with a session that nobody else has meanwhile: one can do one thing at a time.
   * @param signal a caller that still waits for its turn when it aborts is sent away.
   */
  use<T>(signal: AbortSignal, work: (session: bigint) => Promise<T>): Promise<T>
  /** Sends away who waits, and resolves when no session is at work any more. */
  end(): Promise<void>
}

type Waiting = { resolve: (session: bigint) => void; reject: (error: unknown) => void }

export function createSessionPool(sessions: readonly bigint[]): SessionPool {
  const free = [...sessions]
  const waiting = new Set<Waiting>()
  let ended = false
  let atRest = () => {}

  function take(signal: AbortSignal): bigint | Promise<bigint> {
    if (ended) throw new SessionsEndedError()
    signal.throwIfAborted()
    return free.pop() ?? waitForOne(signal)
  }

  function waitForOne(signal: AbortSignal): Promise<bigint> {
    return new Promise((resolve, reject) => {
      const each = { resolve, reject }
      waiting.add(each)
      signal.addEventListener('abort', () => {
        if (waiting.delete(each)) reject(signal.reason)
      })
    })
  }

  function give(session: bigint): void {
    const [next] = waiting
    if (next) {
      waiting.delete(next)
      next.resolve(session)
      return
    }
    free.push(session)
    if (free.length === sessions.length) atRest()
  }

  return {
    async use(signal, work) {
      const session = await take(signal)
      try {
        return await work(session)
      } finally {
        give(session)
      }
    },
    async end() {
      ended = true
      for (const each of waiting) each.reject(new SessionsEndedError())
      waiting.clear()
      if (free.length < sessions.length)
        await new Promise<void>((resolve) => {
          atRest = resolve
        })
    },
  }
}
