import { randomBytes } from 'node:crypto'

// @ts-expect-error autocannon ships no types.
import autocannon from 'autocannon'

import type { Answers, LoadOrder } from './load.ts'

/** No two processes and no two requests have the same. */
const prefix = randomBytes(6).toString('hex').toUpperCase()
let requests = 0
const unique = () => `${prefix}${String(++requests).padStart(8, '0')}`

export async function askWithAutocannon(order: LoadOrder): Promise<Answers> {
  const { url, paths, headers, body, seconds, connections } = order
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    requests: paths.map((path) => (body === undefined ? { path } : post(path, body))),
  })
  const answers = result['2xx']
  return {
    rate: answers / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    answers,
    failed: result.non2xx + result.errors + result.timeouts,
  }
}

function post(path: string, body: string) {
  const common = { method: 'POST', path, body }
  if (!body.includes('{{unique}}')) return common
  const setupRequest = (request: object) => ({
    ...request,
    body: body.replaceAll('{{unique}}', unique),
  })
  return { ...common, setupRequest }
}
