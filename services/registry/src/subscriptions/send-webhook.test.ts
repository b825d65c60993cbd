import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { createGuardedLookup } from '@lexchange/outgoing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { backoff } from './backoff.ts'
import { openEndpoint } from './send-webhook.ts'

let reached = 0
let port: number
const server = createServer((_request, response) => {
  reached++
  response.end()
})
beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  port = (server.address() as AddressInfo).port
})
afterAll(() => server.close())

describe('openEndpoint', () => {
  it('does not connect to a name that points inside by now, nor to an address that does', async () => {
    const inside = createGuardedLookup({
      resolve: (_host, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
    })
    const options = { lookup: inside, allowLocal: false, timeout: 2_000, connections: 1 }
    for (const host of ['rebinding.example', '127.0.0.1', '[::ffff:127.0.0.1]']) {
      const endpoint = openEndpoint(`https://${host}:${port}/`, options)
      const outcome = await endpoint.send({}, '{}')
      expect(outcome).toMatchObject({
        result: 'failed',
        failure: expect.stringContaining('public'),
      })
      endpoint.close()
    }
    expect(reached).toBe(0)
  })

  it('says so when nobody answers in time', async () => {
    const silent = createServer(() => {})
    await new Promise<void>((listening) => silent.listen(0, '127.0.0.1', listening))
    const lookup = createGuardedLookup({ allowLoopback: true })
    const options = { lookup, allowLocal: true, timeout: 50, connections: 1 }
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`
    const endpoint = openEndpoint(url, options)
    expect(await endpoint.send({}, '{}')).toEqual({
      ...{ result: 'failed', failure: 'The endpoint did not answer within 0.05 s' },
    })
    endpoint.close()
    silent.closeAllConnections()
    silent.close()
  })
})

describe('backoff', () => {
  it('doubles from 5 s to 4 h, by half to whole', () => {
    expect([1, 2, 3].map((attempts) => backoff(attempts, 1))).toEqual([5_000, 10_000, 20_000])
    expect(backoff(1, 0)).toBe(2_500)
    expect(backoff(1_000, 1)).toBe(4 * 3_600_000)
  })
})
