import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { makeTestFolder, removeTestFolder, waitFor } from '@lexchange/testing'
import { parse } from 'csv-parse/sync'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { type FakeExchange, sendJson, startFakeExchange } from '../../test/fake-exchange.ts'
import { runCommand, writeClients } from '../../test/run-command.ts'

let exchange: FakeExchange
let folder: string
let clients: string

beforeEach(async () => {
  exchange = await startFakeExchange()
  folder = makeTestFolder()
  clients = writeClients(folder, exchange)
  exchange.handle = ({ body }, response) =>
    sendJson(response, 200, { items: JSON.parse(body).items.map(answerOf) })
})
afterEach(async () => {
  await exchange.stop()
  removeTestFolder(folder)
})

type Item = { license: { number: string }; match?: Record<string, unknown>; disclose?: string[] }

function answerOf({ license: { number }, match = {}, disclose = [] }: Item) {
  if (number === '')
    return { problem: { type: 'urn:lexchange:problem:request-invalid', detail: 'no number' } }
  return {
    verificationId: `v${number}`,
    verdict: number === '7' ? 'invalid' : 'valid',
    status: number === '7' ? 'revoked' : 'active',
    version: 1,
    validFrom: '2020-01-01T00:00:00.000Z',
    validUntil: null,
    asOf: '2026-11-24T00:00:00.000Z',
    match: Object.fromEntries(Object.keys(match).map((field) => [field, true])),
    disclosed: Object.fromEntries(disclose.map((field) => [field, `=of "${number}",\nline 2`])),
  }
}

const list = () => join(folder, 'list.csv')
const out = () => join(folder, 'result.csv')
const ARGS = '--purpose tax --case-ref C-1 --type business-license'
const argsOf = (more = '') =>
  `verify --file ${list()} --out ${out()} ${ARGS} --clients ${clients} --client tax-department${more}`.split(
    ' ',
  )
const run = (more = '', options = {}) => runCommand(folder, argsOf(more), options)
const rows = () => parse(readFileSync(out()), { columns: true }) as Record<string, string>[]
const writeList = (count: number) =>
  writeFileSync(list(), `number\n${Array.from({ length: count }, (_, i) => i + 1).join('\n')}\n`)
const numbers = () => rows().map(({ number }) => Number(number))
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)
const asked = () =>
  exchange.received.flatMap(({ body }) =>
    (JSON.parse(body).items as Item[]).map(({ license }) => Number(license.number)),
  )

describe('lexchange verify', () => {
  it('writes a row for each, with what was compared and disclosed', async () => {
    writeFileSync(
      list(),
      '\ufeffnumber,Firma,cap\r\n1,"Eins, GmbH",100.00 CNY\r\n7,Sieben,\r\n,Null,\r\n',
    )
    const more = ' --match Firma=name --match cap=registeredCapital --disclose businessScope'
    const { code, out: printed } = await run(more)
    expect(code).toBe(1)
    expect(JSON.parse(printed)).toMatchObject({
      rows: 3,
      valid: 1,
      invalid: 1,
      refused: 1,
      complete: true,
    })
    expect(rows()[0]).toMatchObject({
      row: '1',
      type: 'business-license',
      number: '1',
      verdict: 'valid',
      'match.name': 'true',
      'match.registeredCapital': 'true',
      // A spreadsheet takes what begins with = for a formula.
      'disclosed.businessScope': '\'=of "1",\nline 2',
      verificationId: 'v1',
    })
    expect(rows()[2]).toMatchObject({ problem: 'request-invalid', detail: 'no number' })
    const [first] = JSON.parse(exchange.received[0]?.body ?? '').items
    expect(first.match).toEqual({
      name: 'Eins, GmbH',
      registeredCapital: { amount: '100.00', currency: 'CNY' },
    })
    expect(statSync(out()).mode & 0o777).toBe(0o600)
  })

  it('goes on behind the last whole row, whatever a kill has torn', async () => {
    writeList(20)
    await run(' --disclose scope --batch 5')
    const whole = readFileSync(out())
    for (const cut of [3, 40, 200, Math.floor(whole.length / 2), whole.length - 1, whole.length]) {
      writeFileSync(out(), whole.subarray(0, cut))
      await run(' --disclose scope --batch 5')
      expect(readFileSync(out()).equals(whole)).toBe(true)
    }
  })

  it('asks nothing again of a list that is finished', async () => {
    writeList(5)
    await run()
    const { code } = await run()
    expect(asked()).toEqual(upTo(5))
    expect(code).toBe(0)
  })

  it('refuses a result of another command or another list', async () => {
    writeList(5)
    await run()
    expect((await run(' --disclose scope')).code).toBe(2)
    writeFileSync(list(), 'number\n9\n9\n9\n9\n9\n9\n')
    expect((await run()).code).toBe(2)
    writeFileSync(out(), 'my notes')
    expect((await run()).code).toBe(2)
    expect(readFileSync(out(), 'utf8')).toBe('my notes')
  })

  it('says which columns are missing', async () => {
    writeFileSync(list(), 'uscc,name\n1,A\n')
    const { code, err } = await run(' --match firm=name')
    expect(code).toBe(2)
    expect(err).toContain('no column number, firm; it has uscc, name')
  })

  it('writes what is under way when Ctrl-C is pressed, and ends with 130', async () => {
    writeList(1_000)
    const controller = new AbortController()
    const answer = exchange.handle
    exchange.handle = async (received, response, request) => {
      if (exchange.received.length === 5) controller.abort()
      await answer(received, response, request)
    }
    const { code, out: printed } = await run(' --batch 10', { signal: controller.signal })
    expect(code).toBe(130)
    expect(JSON.parse(printed)).toMatchObject({ complete: false })
    expect(numbers()).toEqual(asked())
    await run(' --batch 10')
    expect(numbers()).toEqual(upTo(1_000))
  })

  it('is complete after kill -9 at any moment, and checks little twice', async () => {
    writeList(3_000)
    const answer = exchange.handle
    exchange.handle = async (received, response, request) => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      await answer(received, response, request)
    }
    for (const bytes of [20_000, 120_000]) {
      const child = startCommand(argsOf(' --batch 50 --disclose scope'))
      await waitFor(() => existsSync(out()) && statSync(out()).size > bytes, { timeout: 30_000 })
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
      appendFileSync(out(), '2999,torn,"')
    }
    expect((await run(' --batch 50 --disclose scope')).code).toBe(1)
    expect(numbers()).toEqual(upTo(3_000))
    expect(asked().length).toBeLessThan(3_000 + 2 * 800)
  })
})

function startCommand(args: string[]): ChildProcess {
  const main = join(import.meta.dirname, '../lexchange-main.ts')
  return spawn(process.execPath, [main, ...args], { stdio: 'ignore' })
}
