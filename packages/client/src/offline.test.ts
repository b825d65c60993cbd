import { makeTestFolder, removeTestFolder } from '@lexchange/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { type FakeExchange, sendJson, startFakeExchange } from '../test/fake-exchange.ts'
import { createAuthority } from '../test/issue-credential.ts'
import { createClient } from './index.ts'

const authority = createAuthority()

let exchange: FakeExchange
let folder: string
let status: number
let ttl: number

beforeEach(async () => {
  exchange = await startFakeExchange()
  folder = makeTestFolder()
  status = 0
  ttl = 300
  exchange.handle = ({ path }, response) => {
    if (path === '/v1/trust-list') return sendJson(response, 200, authority.trustList)
    response.end(authority.statusList(`${exchange.url}${path}`, status, ttl))
  }
})
afterEach(async () => {
  await exchange.stop()
  removeTestFolder(folder)
})

const open = (options = {}) => createClient({ ...exchange.options, retries: 0 }).offline(options)
const credential = () => authority.credential(`${exchange.url}/status-lists/1`)
const paths = () => exchange.received.map(({ path }) => path)

describe('offline', () => {
  it('fetches trust list and status list once, and says how old they are', async () => {
    const offline = await open()
    const answer = await offline.verify(credential())
    expect(answer.verdict).toBe('valid')
    expect(answer.ageSeconds.statusList).toBeLessThan(10)
    await offline.verify(credential())
    expect(paths()).toEqual(['/v1/trust-list', '/status-lists/1'])
    expect(exchange.received[1]?.headers.authorization).toBeUndefined()
  })

  it('fetches a status list anew when its time to live is over, and sees what it says', async () => {
    ttl = 1
    const offline = await open()
    expect((await offline.verify(credential())).verdict).toBe('valid')
    status = 1
    await new Promise((resolve) => setTimeout(resolve, 1_050))
    expect((await offline.verify(credential())).verdict).toBe('invalid')
  })

  it('goes to no address that a credential names without a signature that holds', async () => {
    const offline = await open()
    const forged = createAuthority().credential(`${exchange.url}/internal`)
    const answer = await offline.verify(forged)
    expect(answer.verdict).toBe('invalid')
    expect(paths()).toEqual(['/v1/trust-list'])
  })

  it('works without a network by what it has kept in its folder', async () => {
    const shown = credential()
    await (await open({ folder })).verify(shown)
    await exchange.stop()
    const answer = await (await open({ folder })).verify(shown)
    expect(answer.verdict).toBe('valid')
    expect(answer.ageSeconds.statusList).toBeDefined()
  })

  it('cannot say more than indeterminate without the status list', async () => {
    const offline = await open()
    exchange.handle = (_, response) => response.destroy()
    const { verdict, checks } = await offline.verify(credential())
    expect(verdict).toBe('indeterminate')
    expect(checks.find(({ check }) => check === 'status')?.code).toBe('status-list-missing')
  })

  it('cannot begin with neither a network nor anything kept', async () => {
    await exchange.stop()
    await expect(open({ folder })).rejects.toMatchObject({ code: 'unreachable' })
  })
})
