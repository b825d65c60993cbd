/**
 * Gives up waiting after `milliseconds`. Work in native code cannot be stopped: it goes on unheard,
 * so what it holds is given back when it ends.
 */
export async function withDeadline<T>(
  milliseconds: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`The token did not answer within ${milliseconds} ms`)
      abort.abort(error)
      reject(error)
    }, milliseconds)
  })
  try {
    return await Promise.race([work(abort.signal), late])
  } finally {
    clearTimeout(timer)
  }
}
