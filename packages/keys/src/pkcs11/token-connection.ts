import { isConnectionLost, isPinRefused, SessionsEndedError } from './cryptoki.errors.ts'
import { type CryptokiLibrary, loadCryptokiLibrary } from './cryptoki-library.ts'
import { closeToken, type OpenToken, openToken, type TokenOptions } from './open-token.ts'

export type TokenWork<T> = (
  library: CryptokiLibrary,
  session: bigint,
  handles: Map<string, bigint>,
) => Promise<T>

export type TokenConnection = {
  /** Does the work in a session; once more in a new one where the token was away meanwhile. */
  use<T>(signal: AbortSignal, work: TokenWork<T>): Promise<T>
  close(): Promise<void>
}

/** A token that could not be opened is left alone this long, in ms: each try ends all sessions. */
const PAUSE = 1000

type Opened = { library: CryptokiLibrary; token: OpenToken }
type Failure = { error: unknown; until: number }

export function connectToken(path: string, options: TokenOptions): TokenConnection {
  let current: Promise<Opened> | undefined
  let failure: Failure | undefined
  let closed = false

  function open(before?: Opened): Promise<Opened> {
    if (closed) throw new SessionsEndedError()
    const opening = reopen(path, options, before)
    current = opening
    opening.catch((error) => {
      current = undefined
      // A wrong PIN locks the token after a few tries.
      failure = { error, until: isPinRefused(error) ? Infinity : performance.now() + PAUSE }
    })
    return opening
  }

  function connect(): Promise<Opened> {
    if (current) return current
    if (failure && failure.until > performance.now()) throw failure.error
    return open()
  }

  return {
    async use(signal, work) {
      const opening = connect()
      const opened = await opening
      try {
        return await useOnce(opened, signal, work)
      } catch (error) {
        if (!isConnectionLost(error)) throw error
        // Of many calls that lost the same token, one opens it again.
        return useOnce(await (current === opening ? open(opened) : connect()), signal, work)
      }
    },
    async close() {
      closed = true
      const opened = await current?.catch(() => undefined)
      if (opened) await closeToken(opened.library, opened.token)
    },
  }
}

async function reopen(path: string, options: TokenOptions, before?: Opened): Promise<Opened> {
  if (before) await closeToken(before.library, before.token)
  const library = before?.library ?? (await loadCryptokiLibrary(path))
  return { library, token: await openToken(library, options) }
}

function useOnce<T>({ library, token }: Opened, signal: AbortSignal, work: TokenWork<T>) {
  return token.pool.use(signal, (session) => work(library, session, token.handles))
}
