import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import {
  type FakeExchange,
  sendJson,
  sendProblem,
  startFakeExchange,
} from '../test/fake-exchange.ts'
import {
  createClient,
  type LexchangeClient,
  ProblemError,
  TokenError,
  UnreachableError,
} from './index.ts'

let exchange: FakeExchange
let client: LexchangeClient

beforeEach(async () => {
  exchange = await startFakeExchange()
  client = createClient(exchange.options)
})
afterEach(() => exchange.stop())

const check = () => client.check('business-license', '914403001922038216')
const tokensUsed = () => exchange.received.map(({ headers }) => headers.authorization)

describe('tokens', () => {
  it('are asked for by a signed assertion that names the client, the issuer and the scopes', async () => {
    let form = new URLSearchParams()
    exchange.handleToken = ({ body }, response) => {
      form = new URLSearchParams(body)
      sendJson(response, 200, { access_token: 'given', expires_in: 600 })
    }
    await check()
    const [header = '', claims = ''] = (form.get('client_assertion') ?? '').split('.')
    const decode = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
    expect(decode(header)).toEqual({ alg: 'ES256', kid: 'k1' })
    expect(decode(claims)).toMatchObject({ iss: 'tax-department', aud: exchange.url })
    expect(form.get('scope')).toBe('license:read license:verify subscription:manage')
    expect(tokensUsed()).toEqual(['Bearer given'])
  })

  it('are asked for once, however many calls begin together', async () => {
    await Promise.all(Array.from({ length: 20 }, check))
    expect(exchange.tokens).toEqual(['t1'])
  })

  it('are renewed before they end', async () => {
    exchange.tokenLife = 0
    await check()
    await check()
    expect(tokensUsed()).toEqual(['Bearer t1', 'Bearer t2'])
  })

  it('are renewed once after a 401, by one request for all calls that met it', async () => {
    exchange.handle = ({ headers }, response) =>
      headers.authorization === 'Bearer t1'
        ? sendProblem(response, 401, 'unauthenticated')
        : sendJson(response, 200, { verdict: 'valid' })
    const answers = await Promise.all(Array.from({ length: 5 }, check))
    expect(answers.map(({ verdict }) => verdict)).toEqual(Array(5).fill('valid'))
    expect(exchange.tokens).toEqual(['t1', 't2'])
  })

  it('end the call when the second one is refused too', async () => {
    exchange.handle = (_, response) => sendProblem(response, 401, 'unauthenticated')
    await expect(check()).rejects.toMatchObject({ code: 'unauthenticated', status: 401 })
    expect(exchange.received).toHaveLength(2)
  })

  it('that are refused say why, without the key', async () => {
    exchange.handleToken = (_, response) =>
      sendJson(response, 401, { error: 'invalid_client', error_description: 'not registered' })
    const error = await check().catch((caught) => caught)
    expect(error).toBeInstanceOf(TokenError)
    expect(error).toMatchObject({ code: 'invalid_client', status: 401 })
    expect(JSON.stringify(error) + error.stack).not.toContain(exchange.options.privateKeyJwk?.d)
  })
})

describe('problems', () => {
  it('are errors with the code, the faults and the whole document', async () => {
    exchange.handle = (_, response) => {
      const type = 'urn:lexchange:problem:status-conflict'
      const errors = [{ pointer: '/number', detail: 'is wrong' }]
      sendJson(response, 409, { type, title: 'Conflict', status: 409, errors, currentStatus: 'x' })
    }
    const error = await check().catch((caught) => caught)
    expect(error).toBeInstanceOf(ProblemError)
    expect(error).toMatchObject({
      code: 'status-conflict',
      status: 409,
      errors: [{ pointer: '/number', detail: 'is wrong' }],
      problem: { currentStatus: 'x' },
    })
  })

  it('of a gateway that knows no problem documents are told apart by their status', async () => {
    exchange.handle = (_, response) => response.writeHead(404).end('<h1>not here</h1>')
    await expect(check()).rejects.toMatchObject({ code: 'http-404', type: 'about:blank' })
  })
})

describe('attempts', () => {
  it('are repeated while the service is unavailable, not before Retry-After', async () => {
    const at: number[] = []
    exchange.handle = (_, response) => {
      at.push(Date.now())
      if (at.length < 3)
        sendProblem(response, 503, 'projection-unavailable', { 'retry-after': '1' })
      else sendJson(response, 200, { verdict: 'valid' })
    }
    await expect(check()).resolves.toMatchObject({ verdict: 'valid' })
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(990)
  })

  it('are repeated after a connection that was cut', async () => {
    exchange.handle = (_, response) => {
      if (exchange.received.length === 1) response.destroy()
      else sendJson(response, 200, { verdict: 'valid' })
    }
    await expect(check()).resolves.toMatchObject({ verdict: 'valid' })
  })

  it('end at once when Retry-After is longer than anybody waits', async () => {
    exchange.handle = (_, response) =>
      sendProblem(response, 429, 'quota-exceeded', { 'retry-after': '3600' })
    await expect(check()).rejects.toMatchObject({ code: 'quota-exceeded', retryAfter: 3600 })
    expect(exchange.received).toHaveLength(1)
  })

  it('end at a refusal', async () => {
    exchange.handle = (_, response) => sendProblem(response, 403, 'no-agreement')
    await expect(check()).rejects.toMatchObject({ code: 'no-agreement' })
    expect(exchange.received).toHaveLength(1)
  })

  it('of a command carry one Idempotency-Key', async () => {
    exchange.handle = (_, response) =>
      exchange.received.length === 1
        ? sendProblem(response, 503, 'database-unavailable')
        : sendJson(response, 201, { id: 's1' })
    const body = { filter: {} }
    const answer = await client.request('registry', {
      method: 'POST',
      path: '/v1/subscriptions',
      body,
    })
    expect(answer).toEqual({ id: 's1' })
    const keys = exchange.received.map(({ headers }) => headers['idempotency-key'])
    expect(keys[0]).toMatch(/^[\w-]{36}$/)
    expect(keys[1]).toBe(keys[0])
  })

  it('of a change without such a key are not repeated', async () => {
    exchange.handle = (_, response) => sendProblem(response, 503, 'database-unavailable')
    const change = { method: 'PATCH', path: '/v1/subscriptions/s1', body: {} } as const
    await expect(client.request('registry', change)).rejects.toMatchObject({ status: 503 })
    expect(exchange.received).toHaveLength(1)
  })

  it('are given up after the time for one, and said to be unreachable', async () => {
    exchange.handle = () => {}
    client = createClient({ ...exchange.options, timeoutMs: 50, retries: 1 })
    await expect(check()).rejects.toBeInstanceOf(UnreachableError)
    expect(exchange.received).toHaveLength(2)
  })

  it('end with the reason of the signal, also between two of them', async () => {
    exchange.handle = (_, response) =>
      sendProblem(response, 503, 'projection-unavailable', { 'retry-after': '20' })
    const controller = new AbortController()
    const calling = client.check('a', 'b', { signal: controller.signal })
    setTimeout(() => controller.abort(new Error('enough')), 100)
    await expect(calling).rejects.toThrow('enough')
  })
})

describe('reading', () => {
  it('asks for the status at a time, and for a number with any characters', async () => {
    await client.check('food-operation-permit', 'JY 1/2', { at: new Date(0), minPosition: 7 })
    const [{ path, query } = { path: '', query: new URLSearchParams() }] = exchange.received
    expect(path).toBe('/v1/licenses/food-operation-permit/JY%201%2F2/status')
    expect(Object.fromEntries(query)).toEqual({ at: '1970-01-01T00:00:00.000Z', minPosition: '7' })
  })

  it('goes through the pages of a search, one request at a time', async () => {
    exchange.handle = ({ query }, response) => {
      const last = query.get('cursor') === 'c2'
      sendJson(response, 200, { items: [{ id: last ? 'c' : 'a' }], nextCursor: last ? null : 'c2' })
    }
    const found: string[] = []
    for await (const { id } of client.search({ region: '440000' })) {
      found.push(id)
      expect(exchange.received).toHaveLength(found.length)
    }
    expect(found).toEqual(['a', 'c'])
    expect(exchange.received[1]?.query.get('region')).toBe('440000')
  })

  it('brings a license as it is now', async () => {
    exchange.handle = (_, response) => sendJson(response, 200, { license: { id: 'l1' } })
    expect(await client.license('l1')).toEqual({ id: 'l1' })
  })

  it('brings the whole history', async () => {
    exchange.handle = ({ query }, response) =>
      sendJson(response, 200, {
        items: [{ version: query.get('cursor') ? 2 : 1 }],
        nextCursor: query.get('cursor') ? null : 'next',
      })
    expect(await client.history('id')).toEqual([{ version: 1 }, { version: 2 }])
  })
})
