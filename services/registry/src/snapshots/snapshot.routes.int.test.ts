import { LicenseSnapshot } from '@lexchange/contracts'
import { waitFor } from '@lexchange/testing'
import { sql } from 'kysely'
import { Compile } from 'typebox/compile'
import { v7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { issuance, messagesOf, publish } from '../../test/issuances.ts'
import { startRegistry, type TestRegistry } from '../../test/start-registry.ts'

let registry: TestRegistry
let authorization: string

beforeAll(async () => {
  registry = await startRegistry()
  authorization = await registry.admin()
})
afterAll(() => registry.stop())

const url = '/v1/snapshots/licenses'
const read = () => registry.app.inject({ url, headers: { authorization } })
const openTransactions = async () => {
  const { rows } = await sql`
    select 1 from pg_stat_activity
    where datname = current_database() and state = 'idle in transaction'`.execute(registry.db)
  return rows.length
}

describe('readSnapshot', () => {
  it('is empty before the first license', async () => {
    const answer = await read()
    expect([answer.statusCode, answer.body]).toEqual([200, ''])
    expect(answer.headers).toMatchObject({
      'lexchange-position': '0',
      'lexchange-licenses': '0',
      'content-type': 'application/x-ndjson',
    })
    expect(answer.headers['lexchange-stream-created']).toMatch(/^\d{4}-.*\.\d{3}Z$/)
  })

  it('gives every license with all its versions, in byte order, as of a position', async () => {
    const numbers = ['b', 'B', 'a', '10', '9', '中', 'A']
    const ids = numbers.map(() => v7())
    for (const [index, licenseId] of ids.entries()) {
      const number = numbers[index]
      await publish(registry.nats, issuance('issued', 1, { licenseId, number }))
    }
    const change = { licenseId: ids[2] as string, number: 'a', status: 'suspended' }
    await publish(registry.nats, issuance('suspended', 2, change))
    await waitFor(async () => (await messagesOf(registry.nats, 'LICENSES')).length === 8)
    const answer = await read()
    expect(answer.headers).toMatchObject({
      'lexchange-position': '8',
      'lexchange-licenses': '7',
    })
    const lines = answer.body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ number }) => number)).toEqual(['10', '9', 'A', 'B', 'a', 'b', '中'])
    const schema = Compile(LicenseSnapshot)
    for (const line of lines) expect([...schema.Errors(line)]).toEqual([])
    expect(lines[4].versions).toMatchObject([
      { version: 1, event: 'issued', status: 'active' },
      { version: 2, event: 'suspended', status: 'suspended' },
    ])
    expect(answer.body).not.toContain('reason')
    await waitFor(async () => (await openTransactions()) === 0)
  })

  it('goes over pages, and ends its transaction when the reader goes away', async () => {
    await sql`
      insert into entry select gen_random_uuid(), identifier, type, 'n' || i, holder, holder_uscc,
        holder_name, authority_id, authority_name, region, version, sequence, status, valid_from,
        valid_until, issued_at, updated_at, claims
      from entry, generate_series(1, 3000) i where number = 'B'`.execute(registry.db)
    await sql`
      insert into entry_version (license_id, version, event, status, valid_from, valid_until,
        effective_at, claims, by_client)
      select id, 1, 'issued', status, valid_from, valid_until, issued_at, claims, 'x' from entry
      where number like 'n%'`.execute(registry.db)
    const lines = (await read()).body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines).toHaveLength(3007)
    const keys = lines.map(({ type, number, licenseId }) => `${type} ${number} ${licenseId}`)
    expect(new Set(keys).size).toBe(3007)
    const bytes = keys.map((key) => Buffer.from(key))
    expect([...bytes].sort(Buffer.compare)).toEqual(bytes)

    const abort = new AbortController()
    const { body } = await fetch(`${registry.base}${url}`, {
      headers: { authorization },
      signal: abort.signal,
    })
    await body?.getReader().read()
    abort.abort()
    await waitFor(async () => (await openTransactions()) === 0)
  })

  it('answers 503 while NATS is away', async () => {
    await registry.natsServer.kill()
    const answer = await read()
    expect([answer.statusCode, answer.json().type]).toEqual([
      503,
      'urn:lexchange:problem:stream-unavailable',
    ])
    expect(answer.headers['retry-after']).toBe('2')
    await registry.natsServer.start()
    await waitFor(async () => (await read()).statusCode === 200)
  })
})
