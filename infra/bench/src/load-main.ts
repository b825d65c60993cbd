// @ts-expect-error autocannon ships no types.
import autocannon from 'autocannon'

import type { LoadOrder } from './load.ts'

const CONNECTIONS = 32

process.once('message', async ({ url, paths, headers, seconds }: LoadOrder) => {
  const result = await autocannon({
    url,
    connections: CONNECTIONS,
    duration: seconds,
    headers,
    requests: paths.map((path) => ({ path })),
  })
  const answers = result['2xx']
  process.send?.({
    rate: answers / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    answers,
    failed: result.non2xx + result.errors + result.timeouts,
  })
})
