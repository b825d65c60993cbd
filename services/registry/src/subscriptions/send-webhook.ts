import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import type { LookupFunction } from 'node:net'

import { findUrlFault } from '@lexchange/outgoing'

/** What became of an attempt; an endpoint that is gone wants nothing any more. */
export type Outcome =
  | { result: 'delivered' }
  | { result: 'gone' }
  | { result: 'failed'; failure: string; retryAfter?: number }

export type Endpoint = {
  send(headers: Record<string, string>, body: string): Promise<Outcome>
  /** What is under way fails at once. */
  close(): void
}

/** Longest wait that an endpoint can ask for by Retry-After, in ms. */
const LONGEST_WAIT = 86_400_000

/** Connections to one endpoint; redirects are not followed, because they could lead anywhere. */
export function openEndpoint(
  url: string,
  options: {
    lookup: LookupFunction
    allowLocal: boolean
    timeout: number
    connections: number
  },
): Endpoint {
  const secure = new URL(url).protocol === 'https:'
  const agentOptions = { keepAlive: true, maxSockets: options.connections }
  const closing = new AbortController()
  const agent = secure ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions)

  async function post(headers: Record<string, string>, body: string): Promise<Outcome> {
    // An address in the URL is never looked up, and the setting may have changed since it was checked.
    const fault = await findUrlFault(url, { allowLoopback: options.allowLocal })
    if (fault !== undefined) return { result: 'failed', failure: `The URL ${fault}` }
    return new Promise((resolve, reject) => {
      const request = (secure ? requestHttps : requestHttp)(url, {
        method: 'POST',
        agent,
        lookup: options.lookup,
        signal: AbortSignal.any([AbortSignal.timeout(options.timeout), closing.signal]),
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      })
      request.on('error', (error: Error & { code?: string }) => {
        // An endpoint may close an idle connection just as it is used again, and has seen nothing then.
        if (request.reusedSocket && error.code === 'ECONNRESET') resolve(post(headers, body))
        else reject(error)
      })
      request.once('response', (response) => {
        resolve(outcomeOf(response))
        // Read to its end, so that the connection can be used again; kept is nothing of it.
        response.on('error', () => {})
        response.resume()
      })
      request.end(body)
    })
  }

  return {
    send: (headers, body) =>
      post(headers, body).catch((error: Error) => ({
        result: 'failed',
        failure: explain(error, options.timeout),
      })),
    close() {
      closing.abort()
      agent.destroy()
    },
  }
}

function outcomeOf({ statusCode = 0, headers }: IncomingMessage): Outcome {
  if (statusCode >= 200 && statusCode < 300) return { result: 'delivered' }
  if (statusCode === 410) return { result: 'gone' }
  const seconds = Number(headers['retry-after'])
  return {
    result: 'failed',
    failure:
      statusCode >= 300 && statusCode < 400
        ? `The endpoint answered ${statusCode}, and redirects are not followed`
        : `The endpoint answered ${statusCode}`,
    ...(seconds > 0 && { retryAfter: Math.min(seconds * 1000, LONGEST_WAIT) }),
  }
}

function explain(error: Error & { code?: string }, timeout: number): string {
  if (error.name === 'TimeoutError' || error.name === 'AbortError')
    return `The endpoint did not answer within ${timeout / 1000} s`
  if (error.code === 'ADDRESS_REFUSED') return error.message
  return `The endpoint could not be reached: ${error.code ?? error.name}`
}
