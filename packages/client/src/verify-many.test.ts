import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import {
  type FakeExchange,
  sendJson,
  sendProblem,
  startFakeExchange,
} from '../test/fake-exchange.ts'
import { createClient } from './index.ts'

let exchange: FakeExchange
beforeEach(async () => {
  exchange = await startFakeExchange()
  exchange.handle = ({ body }, response) => {
    const { items } = JSON.parse(body) as { items: ReturnType<typeof request>[] }
    sendJson(response, 200, { items: items.map(({ license }) => answerOf(license.number)) })
  }
})
afterEach(() => exchange.stop())

function request(number: number, caseRef = 'C-1') {
  const license = { type: 'business-license', number: String(number) }
  return { license, purpose: 'tax', caseRef }
}

function answerOf(number: string) {
  if (number === '3') return { problem: { type: 'urn:lexchange:problem:no-agreement' } }
  return { verificationId: number, verdict: 'valid' }
}

const sizes = () => exchange.received.map(({ body }) => JSON.parse(body).items.length)

describe('verifyMany', () => {
  it('answers in the order of the source, in batches, with the problems of single items', async () => {
    const ids: string[] = []
    const requests = Array.from({ length: 10 }, (_, index) => request(index))
    for await (const { answer, problem } of createClient(exchange.options).verifyMany(requests, {
      batch: 4,
      concurrency: 3,
    }))
      ids.push(answer?.verificationId ?? problem?.type ?? '')
    expect(ids).toEqual('0 1 2 urn:lexchange:problem:no-agreement 4 5 6 7 8 9'.split(' '))
    expect(sizes()).toEqual([4, 4, 2])
  })

  it('keeps the order when a later batch is answered first', async () => {
    exchange.handle = async ({ body }, response) => {
      const { items } = JSON.parse(body)
      if (items[0].license.number === '10') await new Promise((resolve) => setTimeout(resolve, 150))
      sendJson(response, 200, {
        items: items.map((each: never) => ({
          verificationId: (each as ReturnType<typeof request>).license.number,
        })),
      })
    }
    const ids: (string | undefined)[] = []
    const requests = [10, 11, 12, 13].map((number) => request(number))
    const how = { batch: 2, concurrency: 2 }
    for await (const { answer } of createClient(exchange.options).verifyMany(requests, how))
      ids.push(answer?.verificationId)
    expect(ids).toEqual(['10', '11', '12', '13'])
  })

  it('reads the source only as far as answers are taken, and closes it', async () => {
    let read = 0
    let closed = false
    async function* source() {
      try {
        for (;;) yield request(10 + read++)
      } finally {
        closed = true
      }
    }
    const how = { batch: 10, concurrency: 2 }
    for await (const _ of createClient(exchange.options).verifyMany(source(), how)) break
    expect(read).toBeLessThanOrEqual(10 * 2 + 1)
    expect(closed).toBe(true)
  })

  it('sends what there is when the source pauses', async () => {
    let goOn = () => {}
    const paused = new Promise<void>((resolve) => {
      goOn = resolve
    })
    async function* source() {
      yield request(10)
      await paused
      yield request(11)
    }
    const how = { batch: 100, concurrency: 1 }
    for await (const { answer } of createClient(exchange.options).verifyMany(source(), how))
      if (answer?.verificationId === '10') goOn()
    expect(sizes()).toEqual([1, 1])
  })

  it('ends with the reason of the signal, though the source is silent', async () => {
    async function* silent() {
      yield request(10)
      await new Promise(() => {})
    }
    const controller = new AbortController()
    const how = { concurrency: 1, signal: controller.signal }
    const all = createClient(exchange.options).verifyMany(silent(), how)
    await all.next()
    setTimeout(() => controller.abort(new Error('enough')), 50)
    await expect(all.next()).rejects.toThrow('enough')
  })

  it('keeps a request below the size that the service takes', async () => {
    const large = Array.from({ length: 4 }, (_, index) =>
      request(10 + index, 'x'.repeat(1_500_000)),
    )
    for await (const _ of createClient(exchange.options).verifyMany(large));
    expect(sizes()).toEqual([2, 2])
  })

  it('ends with the problem of a whole batch', async () => {
    exchange.handle = (_, response) => sendProblem(response, 403, 'client-suspended')
    const all = createClient(exchange.options).verifyMany([request(10)])
    await expect(all.next()).rejects.toMatchObject({ code: 'client-suspended' })
  })

  it('refuses a batch that the service would refuse', async () => {
    const all = createClient(exchange.options).verifyMany([request(10)], { batch: 1_001 })
    await expect(all.next()).rejects.toThrow('1 to 1000')
  })
})
