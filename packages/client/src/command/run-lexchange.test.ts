import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { makeTestFolder, removeTestFolder } from '@lexchange/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import {
  type FakeExchange,
  licenseEvent,
  sendJson,
  sendProblem,
  startFakeExchange,
} from '../../test/fake-exchange.ts'
import { type Ran, runCommand, writeClients } from '../../test/run-command.ts'

let exchange: FakeExchange
let folder: string
let clients: string

beforeEach(async () => {
  exchange = await startFakeExchange()
  folder = makeTestFolder()
  clients = writeClients(folder, exchange)
})
afterEach(async () => {
  await exchange.stop()
  removeTestFolder(folder)
})

const run = (args: string, options = {}): Promise<Ran> =>
  runCommand(folder, args.split(' '), options)
const asClient = (args: string, options = {}) =>
  run(`${args} --clients ${clients} --client tax-department`, options)
const ANSWER = {
  type: 'business-license',
  number: '914403001922038216',
  verdict: 'valid',
  status: 'active',
  version: 1,
  validFrom: '2020-01-01T00:00:00.000Z',
  validUntil: null,
  asOf: '2026-11-24T03:17:57.890Z',
  position: 28,
  stale: false,
}
const CHECK = 'check business-license 914403001922038216'

describe('lexchange login', () => {
  it('proves that it works, and keeps file and client for the owner only, without a key', async () => {
    exchange.handle = (_, response) => sendJson(response, 200, ANSWER)
    expect((await run(`login ${clients} tax-department`)).code).toBe(0)
    const file = join(folder, 'config/config.json')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).not.toContain('"d"')
    expect((await run(CHECK)).code).toBe(0)
  })

  it('is not remembered when the exchange refuses the client', async () => {
    exchange.handleToken = (_, response) => sendJson(response, 401, { error: 'invalid_client' })
    expect(await run(`login ${clients} tax-department`)).toMatchObject({ code: 3 })
    expect(await run(CHECK)).toMatchObject({ code: 2 })
  })

  it('has several profiles, and chooses one', async () => {
    await run(`login ${clients} tax-department --profile a`)
    await run(`login ${clients} tax-department --profile b`)
    expect(await run('login --profile a', { tty: true })).toMatchObject({ code: 0 })
    expect(JSON.parse(readFileSync(join(folder, 'config/config.json'), 'utf8')).current).toBe('a')
  })

  it('warns of a file of clients that others can read', async () => {
    chmodSync(clients, 0o644)
    expect((await run(`login ${clients} tax-department`, { tty: true })).err).toContain('chmod 600')
  })

  it('names the clients that a file has when it lacks the one asked for', async () => {
    const ran = await run(`login ${clients} nobody`)
    expect(ran).toMatchObject({ code: 2 })
    expect(ran.err).toContain('it has tax-department')
  })
})

describe('lexchange check', () => {
  it('tells people in words, and programs in JSON', async () => {
    exchange.handle = (_, response) => sendJson(response, 200, ANSWER)
    expect((await asClient(CHECK, { tty: true })).out).toMatch(
      /^business-license 914403001922038216: valid \(active, version 1\)\n/,
    )
    expect(JSON.parse((await asClient(CHECK)).out)).toEqual(ANSWER)
    expect(JSON.parse((await asClient(`${CHECK} --json`, { tty: true })).out)).toEqual(ANSWER)
  })

  it('ends with 1 for what is not valid', async () => {
    exchange.handle = (_, response) => sendJson(response, 200, { ...ANSWER, verdict: 'unknown' })
    expect((await asClient(CHECK)).code).toBe(1)
  })

  it('ends with 3 for a refusal, named by its code', async () => {
    exchange.handle = (_, response) => sendProblem(response, 403, 'no-agreement')
    const { code, err } = await asClient(CHECK)
    expect(code).toBe(3)
    expect(JSON.parse(err)).toEqual({
      error: 'no-agreement',
      detail: 'It is no-agreement',
      status: 403,
    })
  })

  it('ends with 4 when the exchange is unavailable', async () => {
    exchange.handle = (_, response) =>
      sendProblem(response, 429, 'quota-exceeded', { 'retry-after': '900' })
    const { code, err } = await asClient(CHECK)
    expect(code).toBe(4)
    expect(JSON.parse(err)).toMatchObject({ error: 'quota-exceeded', retryAfter: 900 })
  })

  it('ends with 2 when it is called wrongly', async () => {
    expect((await asClient('check business-license')).code).toBe(2)
    expect((await asClient(`${CHECK} --min-position x`)).code).toBe(2)
    expect((await asClient('chekc a b')).code).toBe(2)
  })

  it('never shows a token or a key', async () => {
    exchange.handleToken = (_, response) =>
      sendJson(response, 200, { access_token: 'secret-token', expires_in: 600 })
    exchange.handle = (_, response) => response.destroy()
    const { out, err } = await asClient('status', { tty: true })
    expect(out + err).not.toContain('secret-token')
    writeFileSync(clients, readFileSync(clients, 'utf8').replace('"clients"', '"clients" "oops"'))
    const broken = await asClient(CHECK, { tty: true })
    expect(broken.code).toBe(2)
    expect(broken.err).not.toContain(String(exchange.options.privateKeyJwk?.d))
  })
})

describe('lexchange subscribe', () => {
  const events = (...numbers: number[]) =>
    numbers.map((n) => `id: e${n}\ndata: ${JSON.stringify(licenseEvent('L', n))}\n\n`).join('')

  it('prints an event a line, and goes on behind the last one the next time', async () => {
    exchange.handle = ({ headers }, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(headers['last-event-id'] === 'e2' ? events(3) : events(1, 2))
    }
    const first = await asClient('subscribe s1 --idle 1')
    expect(first.code).toBe(0)
    const lines = first.out.trim().split('\n')
    expect(lines.map((line) => JSON.parse(line).sequence)).toEqual(['1', '2'])
    const second = await asClient('subscribe s1 --idle 1', { tty: true })
    expect(second.out).toContain('event 3 of L')
    expect(second.out).not.toContain('event 2 of L')
  })

  it('is ended by Ctrl-C with 130', async () => {
    exchange.handle = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(events(1))
    }
    const controller = new AbortController()
    const running = asClient('subscribe s1 --follow', { signal: controller.signal })
    setTimeout(() => controller.abort(), 500)
    expect(await running).toMatchObject({ code: 130 })
  })
})

describe('lexchange import', () => {
  const file = () => join(folder, 'licenses.csv')
  beforeEach(() => writeFileSync(file(), 'uscc,name\n1,A\n2,B\n'))

  it('sends the file, waits for the job and prints the rows that were refused', async () => {
    let asked = 0
    exchange.handle = ({ method }, response) => {
      if (method === 'POST') return sendJson(response, 202, { id: 'i1', state: 'running' })
      const state = ++asked < 3 ? 'running' : 'done'
      const errors = [{ row: 2, pointer: '/holder/uscc', detail: 'is wrong' }]
      sendJson(response, 200, {
        id: 'i1',
        state,
        rows: 2,
        imported: 1,
        rejected: 1,
        errors,
        errorsOmitted: 0,
      })
    }
    const { code, out } = await asClient(`import ${file()} --type business-license`, { tty: true })
    expect(code).toBe(1)
    expect(out).toBe('done: 2 rows, 1 imported, 1 rejected\nrow 2: /holder/uscc is wrong\n')
    const [post] = exchange.received
    expect(post).toMatchObject({ path: '/v1/imports', body: 'uscc,name\n1,A\n2,B\n' })
    expect(post?.query.get('type')).toBe('business-license')
  })

  it('finds the import again that an interrupted command began, by the key of the file', async () => {
    exchange.handle = ({ method }, response) =>
      method === 'POST'
        ? sendJson(response, 202, { id: 'i1', state: 'running' })
        : sendJson(response, 200, {
            state: 'running',
            rows: 0,
            imported: 0,
            rejected: 0,
            errors: [],
          })
    for (const again of ['', '', ' --again']) {
      const controller = new AbortController()
      setTimeout(() => controller.abort(), 600)
      const args = `import ${file()} --type business-license${again}`
      expect(await asClient(args, { signal: controller.signal })).toMatchObject({ code: 130 })
    }
    const keys = exchange.received
      .filter(({ method }) => method === 'POST')
      .map(({ headers }) => headers['idempotency-key'])
    expect(keys[0]).toMatch(/^import-[0-9a-f]{64}$/)
    expect(keys[1]).toBe(keys[0])
    expect(keys[2]).not.toBe(keys[0])
  })
})

describe('lexchange status', () => {
  it('says what is up and how far it is, and ends with 4 when something is not', async () => {
    exchange.handle = ({ path }, response) => {
      if (path === '/metrics')
        return response.end('projection_position 28\nprojection_stream_last_sequence 30\n')
      if (path === '/v1/subscriptions')
        return sendJson(response, 200, {
          items: [
            {
              id: 's1',
              state: 'active',
              position: 20,
              lag: 10,
              delivery: { kind: 'sse' },
              lastError: null,
            },
          ],
          nextCursor: null,
        })
      sendJson(response, 200, { status: 'ready', dependencies: { nats: { status: 'up' } } })
    }
    const up = await asClient('status', { tty: true })
    expect(up.code).toBe(0)
    expect(up.out).toMatch(/verification +ready .*nats up, position 28, lag 2/)
    expect(up.out).toMatch(/subscription +s1 +active +sse +position 20, lag 10/)
    exchange.handle = (_, response) => response.destroy()
    const { code, out } = await asClient('status')
    expect(code).toBe(4)
    expect(JSON.parse(out).services[0]).toMatchObject({ service: 'registry', state: 'unreachable' })
  })
})
