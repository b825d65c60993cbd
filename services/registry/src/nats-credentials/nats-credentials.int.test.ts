import { createClient } from '@lexchange/client'
import type { AccountKeys } from '@lexchange/nats-accounts'
import { waitFor } from '@lexchange/testing'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { type NatsDepartments, startNatsDepartments } from '../../test/nats-departments.ts'
import { announce, callerOf } from '../../test/subscribers.ts'
import { revokeOfOtherKeys } from './revoke-nats-credentials.ts'

let departments: NatsDepartments
let { registry, call, issue, subscribe, connectBy, isRefused }: NatsDepartments =
  {} as NatsDepartments

beforeAll(async () => {
  departments = await startNatsDepartments()
  ;({ registry, call, issue, subscribe, connectBy, isRefused } = departments)
})
afterEach(() => departments.disconnect())
afterAll(() => departments.registry.stop())

describe('the client of the exchange', () => {
  function follow(id: string, credentials: string) {
    const client = createClient({
      clientId: 'tax-department',
      privateKeyJwk: registry.keys['tax-department'] as never,
      services: { registry: registry.base } as never,
      tokenEndpoint: `${registry.base}/oauth/token`,
      issuer: registry.base,
    })
    const events: string[] = []
    const ended = (async () => {
      for await (const { sequence } of client.subscribe(id, { credentials }))
        events.push(sequence ?? '')
    })()
    ended.catch(() => {})
    return { events, ended }
  }

  it('goes on when the department gets another subscription, and ends when its own is gone', async () => {
    const { creds } = await issue('tax')
    const id = await subscribe('tax')
    const { events, ended } = follow(id, creds)
    const license = crypto.randomUUID()
    await announce(registry.nats, { license, sequence: 1 })
    await waitFor(() => events.length === 1)
    await subscribe('tax')
    await announce(registry.nats, { license, sequence: 2 })
    await waitFor(() => events.length === 2)
    expect(events).toEqual(['1', '2'])
    await callerOf(registry, 'tax-department')('DELETE', `/${id}`)
    await expect(ended).rejects.toMatchObject({ code: 'subscription-not-found' })
  })

  it('ends when its credentials are revoked', async () => {
    const { id, creds } = await issue('tax')
    const { events, ended } = follow(await subscribe('tax'), creds)
    await announce(registry.nats, { license: crypto.randomUUID(), sequence: 1 })
    await waitFor(() => events.length === 1)
    await call('tax', `tax/nats-credentials/${id}`, { method: 'DELETE' })
    await expect(ended).rejects.toMatchObject({ code: 'credentials-refused' })
  })
})

/** Whether the registry is connected, after NATS was away. */
async function reachesNats(): Promise<boolean> {
  return (await call('tax', 'tax/nats-credentials', { method: 'POST' })).statusCode === 201
}

describe('revokeNatsCredentials', () => {
  it('ends connections, and lets nobody in again', async () => {
    const [{ id, creds }, other] = [await issue('tax'), await issue('tax')]
    const [connection, kept] = [await connectBy(creds, 'tax'), await connectBy(other.creds, 'tax')]
    const path = `tax/nats-credentials/${id}`
    expect((await call('tax', path, { method: 'DELETE' })).statusCode).toBe(204)
    // Only the server ends it: this side does not.
    await connection.closed()
    expect(await isRefused(creds, 'tax')).toBe(true)
    await kept.flush()
    expect(kept.isClosed()).toBe(false)
    expect((await call('tax', path, { method: 'DELETE' })).statusCode).toBe(204)
    const listed = await call('tax', 'tax/nats-credentials')
    const states = listed
      .json()
      .items.map((each: { id: string; state: string }) => [each.id, each.state])
    expect(states).toContainEqual([id, 'revoked'])
    expect(states).toContainEqual([other.id, 'active'])
  })

  it('holds when NATS was away, and when it comes back with what it knew before', async () => {
    const { id, creds } = await issue('tax')
    await registry.natsServer.kill()
    const path = `tax/nats-credentials/${id}`
    expect((await call('tax', path, { method: 'DELETE' })).statusCode).toBe(204)
    await registry.natsServer.start()
    await waitFor(() => isRefused(creds, 'tax'))
    await waitFor(reachesNats)
    await registry.natsServer.kill()
    await registry.natsServer.start()
    expect(await isRefused(creds, 'tax')).toBe(true)
    await waitFor(reachesNats)
  })

  it('comes with the suspension of the department, and stays', async () => {
    const { creds } = await issue('finance')
    const connection = await connectBy(creds, 'finance')
    const patch = (state: string) => call('admin', 'finance', { method: 'PATCH', body: { state } })
    expect((await patch('suspended')).statusCode).toBe(200)
    // Only the server ends it: this side does not.
    await connection.closed()
    const refusal = await call('admin', 'finance/nats-credentials', { method: 'POST' })
    expect(refusal.json()).toMatchObject({
      status: 409,
      type: expect.stringMatching(/department-suspended$/),
    })
    expect((await patch('active')).statusCode).toBe(200)
    expect(await isRefused(creds, 'finance')).toBe(true)
    await waitFor(
      async () =>
        (await call('finance', 'finance/nats-credentials', { method: 'POST' })).statusCode === 201,
    )
    expect(await isRefused(creds, 'finance')).toBe(true)
  })
})

describe('issueNatsCredentials', () => {
  it('gives credentials that expire when it says', async () => {
    const { creds, expiresAt } = await issue('tax', { expiresIn: 2 })
    const connection = await connectBy(creds, 'tax')
    await connection.closed()
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expiresAt))
    await waitFor(() => isRefused(creds, 'tax'))
    const days = (Date.parse((await issue('tax')).expiresAt) - Date.now()) / 86_400_000
    expect(days).toBeGreaterThan(89.9)
    expect(days).toBeLessThanOrEqual(90)
  })

  it('keeps nothing secret, and shows the same again to the same command only', async () => {
    const command = { method: 'POST', key: 'once' } as const
    const first = await call('tax', 'tax/nats-credentials', command)
    expect(first.headers['cache-control']).toBe('no-store')
    const again = await call('tax', 'tax/nats-credentials', command)
    const seedOf = (text: string) => /\n(SU[A-Z2-7]+)\n/.exec(text)?.[1] as string
    expect(again.headers['idempotency-replayed']).toBe('true')
    expect(seedOf(again.json().creds)).toBe(seedOf(first.json().creds))
    const { rows } = await sql`select * from nats_credential, idempotency_key, audit_entry`.execute(
      registry.db,
    )
    expect(JSON.stringify(rows)).toContain(first.json().id)
    expect(JSON.stringify(rows)).not.toContain(seedOf(first.json().creds))
    expect((await call('tax', 'tax/nats-credentials')).body).not.toMatch(/"SU|\nSU/)
  })

  it('shows revoked credentials again without reviving them', async () => {
    const command = { method: 'POST', key: 'revoked' } as const
    const { id } = (await call('tax', 'tax/nats-credentials', command)).json()
    await call('tax', `tax/nats-credentials/${id}`, { method: 'DELETE' })
    const { creds } = (await call('tax', 'tax/nats-credentials', command)).json()
    expect(await isRefused(creds, 'tax')).toBe(true)
  })

  it('is for the department itself and for administrators', async () => {
    const { id } = await issue('tax')
    for (const [method, path] of [
      ['POST', 'tax/nats-credentials'],
      ['GET', 'tax/nats-credentials'],
      ['DELETE', `tax/nats-credentials/${id}`],
    ] as const)
      expect((await call('finance', path, { method })).statusCode).toBe(403)
    const elsewhere = `finance/nats-credentials/${id}`
    expect((await call('finance', elsewhere, { method: 'DELETE' })).statusCode).toBe(404)
    expect((await call('admin', 'tax/nats-credentials', { method: 'POST' })).statusCode).toBe(201)
    expect((await call('admin', 'nobody/nats-credentials', { method: 'POST' })).statusCode).toBe(
      404,
    )
    const page = (await call('admin', 'tax/nats-credentials?limit=1')).json()
    expect(page.items).toHaveLength(1)
    expect(page.nextCursor).not.toBeNull()
    for (const body of [{ expiresIn: 0 }, { expiresIn: 400 * 86_400 }, { more: true }])
      expect((await call('tax', 'tax/nats-credentials', { method: 'POST', body })).statusCode).toBe(
        400,
      )
  })

  it('stops at fifty that have not expired', async () => {
    let answer = await call('tax', 'tax/nats-credentials', { method: 'POST' })
    for (let more = 0; answer.statusCode === 201 && more < 60; more++)
      answer = await call('tax', 'tax/nats-credentials', { method: 'POST' })
    expect(answer.json()).toMatchObject({ status: 409, most: 50 })
    expect((await call('finance', 'finance/nats-credentials', { method: 'POST' })).statusCode).toBe(
      201,
    )
  })
})

describe('revokeOfOtherKeys', () => {
  it('marks what keys have made that are no longer those of the account', async () => {
    const keys = registry.accountKeys as AccountKeys
    const states = async () => {
      const { items } = (await call('finance', 'finance/nats-credentials')).json()
      return new Set(items.map((each: { state: string }) => each.state))
    }
    await revokeOfOtherKeys(registry.db, keys, new Date())
    expect(await states()).toContain('active')
    const departmentSecret = Buffer.alloc(32, 1).toString('base64')
    await revokeOfOtherKeys(registry.db, { ...keys, departmentSecret }, new Date())
    expect(await states()).not.toContain('active')
  })
})
