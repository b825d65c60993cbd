import type { ServerResponse } from 'node:http'

import { waitFor } from '@lexchange/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import {
  type FakeExchange,
  licenseEvent,
  sendJson,
  sendProblem,
  startFakeExchange,
} from '../test/fake-exchange.ts'
import { createClient, SubscriptionError } from './index.ts'

let exchange: FakeExchange
beforeEach(async () => {
  exchange = await startFakeExchange()
})
afterEach(() => exchange.stop())

/** Events 1 … count of one license, each with the id of its number. */
const frame = (number: number) =>
  `id: ${number}\ndata: ${JSON.stringify(licenseEvent('L', number))}\n\n`

function begin(response: ServerResponse, retry = 5): ServerResponse {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(`retry: ${retry}\n\n`)
  return response
}

/** Sends from behind Last-Event-ID on, and cuts the connection after a few, in the middle of one. */
function cutEvery(count: number, last: number) {
  exchange.handle = ({ headers }, response) => {
    const from = Number(headers['last-event-id'] ?? 0) + 1
    begin(response)
    const upTo = Math.min(from + count - 1, last)
    for (let number = from; number <= upTo; number++) response.write(frame(number))
    if (upTo === last) return
    const torn = frame(upTo + 1)
    response.write(torn.slice(0, torn.length / 2), () => response.destroy())
  }
}

async function collect(last: number, options = {}) {
  const sequences: number[] = []
  for await (const event of createClient(exchange.options).subscribe('s1', options)) {
    sequences.push(Number(event.sequence))
    if (sequences.length === last) break
  }
  return sequences
}

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1)

describe('subscribe by SSE', () => {
  it('brings every event once and in order over connections that are cut', async () => {
    cutEvery(7, 50)
    expect(await collect(50)).toEqual(upTo(50))
    expect(exchange.received.length).toBeGreaterThan(5)
    expect(exchange.received[0]?.path).toBe('/v1/subscriptions/s1/events')
  })

  it('drops repetitions by license and sequence', async () => {
    exchange.handle = (_, response) => {
      const text = [1, 1, 2, 1, 3].map(frame).join('') + frame(2) + frame(4)
      begin(response).write(text)
    }
    expect(await collect(4)).toEqual([1, 2, 3, 4])
  })

  it('goes on behind the last event whose turn of the loop ended, not behind the one in hand', async () => {
    exchange.handle = (_, response) => begin(response).write(frame(1) + frame(2) + frame(3))
    const events = createClient(exchange.options).subscribe('s1')[Symbol.asyncIterator]()
    await events.next()
    await events.next()
    exchange.cut()
    exchange.handle = ({ headers }, response) => {
      begin(response).write(frame(Number(headers['last-event-id']) + 1))
    }
    const third = await events.next()
    expect(third.value?.sequence).toBe('3')
    exchange.cut()
    // The server was asked for what comes behind 3, and gives 4.
    expect((await events.next()).value?.sequence).toBe('4')
    expect(exchange.received.at(-1)?.headers['last-event-id']).toBe('3')
    await events.return?.()
  })

  it('says the id of the event in hand, and goes on behind one of an earlier run', async () => {
    cutEvery(100, 5)
    const first = createClient(exchange.options).subscribe('s1')
    const ids: (string | undefined)[] = []
    for await (const _ of first) {
      ids.push(first.lastEventId)
      if (ids.length === 2) break
    }
    expect(ids).toEqual(['1', '2'])
    expect(await collect(3, { after: first.lastEventId })).toEqual([3, 4, 5])
  })

  it('takes events apart in the middle of characters and lines', async () => {
    exchange.handle = async (_, response) => {
      begin(response)
      const event = { ...licenseEvent('L', 1), source: '/authorities/深圳' }
      const bytes = Buffer.from(`: heartbeat\n\nid: 1\ndata: ${JSON.stringify(event)}\n\n`)
      for (let at = 0; at < bytes.length; at += 3)
        await new Promise((resolve) => response.write(bytes.subarray(at, at + 3), resolve))
    }
    for await (const event of createClient(exchange.options).subscribe('s1')) {
      expect(event.source).toBe('/authorities/深圳')
      break
    }
  })

  it('makes a connection anew that is silent without heartbeats, and keeps one that has them', async () => {
    let connections = 0
    exchange.handle = (_, response) => {
      begin(response)
      connections += 1
      if (connections === 1) return
      const beat = setInterval(() => response.write(': heartbeat\n\n'), 30)
      response.on('close', () => clearInterval(beat))
      setTimeout(() => response.write(frame(1)), 400)
    }
    expect(await collect(1, { silenceMs: 150 })).toEqual([1])
    expect(connections).toBe(2)
  })

  it('is not taken for silent while an event is worked on', async () => {
    let connections = 0
    exchange.handle = (_, response) => {
      connections += 1
      begin(response).write(frame(1))
      setTimeout(() => response.write(frame(2)), 20)
    }
    for await (const { sequence } of createClient(exchange.options).subscribe('s1', {
      silenceMs: 100,
    })) {
      if (sequence === '2') break
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
    expect(connections).toBe(1)
  })

  it('survives a registry that is away for a while', async () => {
    cutEvery(100, 2)
    const handle = exchange.handle
    exchange.handle = (received, response, request) => {
      if (exchange.received.length < 3) return sendProblem(response, 503, 'database-unavailable')
      return handle(received, response, request)
    }
    expect(await collect(2)).toEqual([1, 2])
  })

  it('gets a new token when the one it has is refused', async () => {
    cutEvery(100, 1)
    const handle = exchange.handle
    exchange.handle = (received, response, request) => {
      if (received.headers.authorization === 'Bearer t1')
        return sendProblem(response, 401, 'unauthenticated')
      return handle(received, response, request)
    }
    expect(await collect(1)).toEqual([1])
  })

  it('ends with the problem when the place to go on from is gone', async () => {
    exchange.handle = (_, response) => sendProblem(response, 410, 'position-gone')
    await expect(collect(1, { after: '1' })).rejects.toMatchObject({ status: 410 })
    expect(exchange.received).toHaveLength(1)
  })

  it('ends with an error, and skips nothing, at an event that cannot be read', async () => {
    exchange.handle = (_, response) => begin(response).write('id: 1\ndata: {"half":\n\n')
    await expect(collect(1)).rejects.toBeInstanceOf(SubscriptionError)
  })

  it('ends without an error when the signal is aborted, and closes the connection', async () => {
    let closed = false
    exchange.handle = (_, response) => {
      begin(response).write(frame(1))
      response.on('close', () => {
        closed = true
      })
    }
    const controller = new AbortController()
    const { signal } = controller
    const seen: unknown[] = []
    for await (const event of createClient(exchange.options).subscribe('s1', { signal })) {
      seen.push(event)
      setTimeout(() => controller.abort(), 20)
    }
    expect(seen).toHaveLength(1)
    await waitFor(() => closed)
  })

  it('reads no further than events are handled', async () => {
    let written = 0
    exchange.handle = (_, response) => {
      begin(response)
      const more = () => {
        while (!response.destroyed && written < 200_000) {
          written += 1
          if (!response.write(frame(written))) {
            response.once('drain', more)
            return
          }
        }
      }
      more()
    }
    for await (const _ of createClient(exchange.options).subscribe('s1')) {
      await new Promise((resolve) => setTimeout(resolve, 300))
      break
    }
    expect(written).toBeLessThan(100_000)
  })

  it('needs no subscription of kind jetstream, and says so when credentials are given for another', async () => {
    exchange.handle = (_, response) =>
      sendJson(response, 200, { id: 's1', delivery: { kind: 'sse' } })
    await expect(collect(1, { credentials: 'creds' })).rejects.toMatchObject({
      code: 'delivery-mismatch',
    })
  })
})
