import type { AccessTokens } from './access-token.ts'
import { AnswerError, type Problem, ProblemError, UnreachableError } from './problem.errors.ts'
import { pauseBeforeRetry, type RetryPolicy, readRetryAfter } from './retry.ts'
import { type Deadline, pause, startDeadline } from './signals.ts'

export type Call = {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  /** Sent as JSON. */
  readonly json?: unknown
  /** Makes the body anew for each attempt, e.g. a stream of a file. */
  readonly body?: () => ReadableStream | Uint8Array | string
  readonly headers?: Readonly<Record<string, string>>
  /** Whether sending it twice does no harm. */
  readonly repeatable: boolean
  /** Without a token. */
  readonly public?: boolean
  readonly signal?: AbortSignal | undefined
  readonly timeoutMs?: number
}

/** A good answer: any other is thrown. */
export type Answer = { readonly status: number; readonly headers: Headers; readonly text: string }

export type Http = {
  /** Sends it, and again where that is safe and can help. */
  send(call: Call): Promise<Answer>
  json<Body>(call: Call): Promise<Body>
  /** One attempt whose body is read by the caller; a refused token is renewed once. */
  open(call: Call, signal: AbortSignal): Promise<Response>
}

export type HttpOptions = {
  readonly tokens: AccessTokens
  readonly retry: RetryPolicy
  readonly timeoutMs: number
}

export function createHttp({ tokens, retry, timeoutMs }: HttpOptions): Http {
  async function open(call: Call, signal: AbortSignal): Promise<Response> {
    if (call.public) return requireGood(await attempt(call, signal))
    const token = await tokens.get(signal)
    const response = await attempt(call, signal, token)
    if (response.status !== 401) return requireGood(response)
    await response.body?.cancel()
    tokens.refused(token)
    return requireGood(await attempt(call, signal, await tokens.get(signal)))
  }

  async function once(call: Call, deadline: Deadline): Promise<Answer> {
    try {
      const response = await open(call, deadline.signal)
      return { status: response.status, headers: response.headers, text: await response.text() }
    } catch (error) {
      if (isAnswered(error)) throw error
      if (call.signal?.aborted) throw call.signal.reason
      const why = deadline.timedOut() ? 'did not answer in time' : 'cannot be reached'
      throw new UnreachableError(`${new URL(call.url).origin} ${why}`, { cause: error })
    } finally {
      deadline.clear()
    }
  }

  async function send(call: Call): Promise<Answer> {
    for (let tried = 1; ; tried++) {
      call.signal?.throwIfAborted()
      try {
        return await once(call, startDeadline(call.timeoutMs ?? timeoutMs, call.signal))
      } catch (error) {
        const wait = call.repeatable
          ? pauseBeforeRetry(error, tried, retry, Math.random())
          : undefined
        if (wait === undefined) throw error
        await pause(wait, call.signal)
      }
    }
  }

  return { open, send, json: async (call) => parse(await send(call)) }
}

function parse<Body>({ text }: Answer): Body {
  try {
    return JSON.parse(text) as Body
  } catch {
    throw new AnswerError('The answer is no JSON')
  }
}

function attempt(call: Call, signal: AbortSignal, token?: string): Promise<Response> {
  const url = new URL(call.url)
  for (const [name, value] of Object.entries(call.query ?? {}))
    if (value !== undefined) url.searchParams.set(name, String(value))
  const body = call.body?.() ?? (call.json === undefined ? undefined : JSON.stringify(call.json))
  return fetch(url, {
    method: call.method ?? 'GET',
    headers: {
      accept: 'application/json',
      ...(call.json !== undefined && { 'content-type': 'application/json' }),
      ...call.headers,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    redirect: 'error',
    signal,
    ...(body !== undefined && { body, duplex: 'half' }),
  } as RequestInit)
}

async function requireGood(response: Response): Promise<Response> {
  if (response.ok || response.status === 304) return response
  const retryAfter = readRetryAfter(response.headers.get('retry-after'), Date.now())
  throw new ProblemError(await readProblem(response), retryAfter)
}

/** Between us and the exchange are others, who answer as they like. */
async function readProblem(response: Response): Promise<Problem> {
  const { status, url } = response
  const general = { type: 'about:blank', title: `HTTP ${status}`, status }
  const text = await response.text()
  try {
    const problem = JSON.parse(text) as Problem
    if (typeof problem.type === 'string') return { ...problem, status }
  } catch {
    // What came is no problem document.
  }
  return { ...general, detail: `${new URL(url).origin} answered ${status}` }
}

function isAnswered(error: unknown): boolean {
  return (
    error instanceof Error &&
    ['ProblemError', 'TokenError', 'UnreachableError'].includes(error.name)
  )
}
