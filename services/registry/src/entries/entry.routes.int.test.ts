import { waitFor } from '@lexchange/testing'
import { v7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { issuance, publish } from '../../test/issuances.ts'
import { startRegistry, type TestRegistry } from '../../test/start-registry.ts'

let registry: TestRegistry
let authorization: string
const ids = Array.from({ length: 6 }, () => v7())
const [active, suspended, revoked, expired, future, futian] = ids as [
  string,
  string,
  string,
  string,
  string,
  string,
]

beforeAll(async () => {
  registry = await startRegistry()
  authorization = await registry.department()
  const national = (region: string) => ({
    region,
    authority: { id: 'national', name: 'National' },
  })
  const source = { source: '/authorities/national' }
  const events = [
    issuance('issued', 1, { licenseId: active, number: 'A%1' }),
    issuance('issued', 1, { licenseId: suspended, number: 'A_2' }),
    issuance('suspended', 2, { licenseId: suspended, number: 'A_2', status: 'suspended' }),
    issuance('issued', 1, { licenseId: revoked, number: 'B3' }),
    issuance('revoked', 2, { licenseId: revoked, number: 'B3', status: 'revoked' }),
    issuance('issued', 1, {
      licenseId: expired,
      number: 'B4',
      validUntil: '2026-02-01T00:00:00.000Z',
    }),
    issuance(
      'issued',
      1,
      {
        licenseId: future,
        number: 'B5',
        validFrom: '2035-01-01T00:00:00.000Z',
        ...national('110000'),
      },
      source,
    ),
    issuance('issued', 1, { licenseId: futian, number: 'C6', ...national('440304') }, source),
  ]
  for (const event of events) await publish(registry.nats, event)
  await waitFor(async () => {
    const rows = await registry.db.selectFrom('entry_version').select('version').execute()
    return rows.length === events.length
  })
})
afterAll(() => registry.stop())

async function get(url: string) {
  const answer = await registry.app.inject({ url, headers: { authorization } })
  return { status: answer.statusCode, body: answer.json(), headers: answer.headers }
}
const search = async (query: string) => {
  const { body } = await get(`/v1/licenses?${query}`)
  return body.items.map(({ id }: { id: string }) => id).sort()
}
const only = (...some: string[]) => some.sort()

describe('searchLicenses', () => {
  it('finds by holder, type, region, part of number or name', async () => {
    expect(await search('holder=B3')).toEqual([revoked])
    expect(await search('type=business-license')).toEqual(only(...ids))
    expect(await search('type=food-operation-permit')).toEqual([])
    expect(await search('region=100000')).toEqual(only(...ids))
    expect(await search('region=110000')).toEqual([future])
    expect(await search('region=440304')).toEqual([futian])
    expect(await search('region=440300&q=C')).toEqual(only(...ids.filter((id) => id !== future)))
    expect(await search('region=440000&q=C6')).toEqual([futian])
    expect(await search('q=company%20b')).toEqual(only(revoked, expired, future))
  })

  it('takes wildcards as what they are', async () => {
    expect(await search(`q=${encodeURIComponent('A%')}`)).toEqual([active])
    expect(await search('q=A_')).toEqual([suspended])
    expect(await search(`q=${encodeURIComponent('\\')}`)).toEqual([])
  })

  it('finds by the status that time makes', async () => {
    expect(await search('status=active')).toEqual(only(active, futian))
    expect(await search('status=suspended')).toEqual([suspended])
    expect(await search('status=revoked')).toEqual([revoked])
    expect(await search('status=expired')).toEqual([expired])
    expect(await search('status=not-yet-valid')).toEqual([future])
    const { body } = await get('/v1/licenses?status=expired')
    expect(body.items[0].status).toBe('expired')
  })

  it('pages in a stable order, each license once', async () => {
    const seen: string[] = []
    let cursor = ''
    do {
      const { body } = await get(`/v1/licenses?limit=2${cursor && `&cursor=${cursor}`}`)
      seen.push(...body.items.map(({ id }: { id: string }) => id))
      cursor = body.nextCursor ?? ''
    } while (cursor)
    expect(seen).toHaveLength(6)
    expect([...seen].sort()).toEqual(only(...ids))
    expect(await search('updatedSince=2026-01-02T00:00:00.000Z')).toEqual(only(suspended, revoked))
  })

  it('refuses a leap second as no time that it can compare with', async () => {
    expect((await get('/v1/licenses?updatedSince=9999-12-31T23:59:60Z')).status).toBe(400)
  })

  it('refuses what is no filter and no cursor', async () => {
    for (const query of [
      'status=unknown',
      'region=44',
      'more=1',
      'limit=201',
      'cursor=x',
      `cursor=${Buffer.from('["x","y"]').toString('base64url')}`,
    ])
      expect((await get(`/v1/licenses?${query}`)).status).toBe(400)
  })
})

describe('getLicense', () => {
  it('answers the current version, public claims only', async () => {
    const { status, body, headers } = await get(`/v1/licenses/${suspended}`)
    expect([status, headers.etag]).toEqual([200, '"2"'])
    expect(body.license).toEqual({
      id: suspended,
      identifier: '1.2.156.3005.2.test',
      type: 'business-license',
      number: 'A_2',
      holder: { kind: 'enterprise', uscc: 'A_2', name: 'Company A_2' },
      authority: { id: 'shenzhen', name: 'Shenzhen' },
      region: '440300',
      status: 'suspended',
      version: 2,
      validFrom: '2026-01-01T00:00:00.000Z',
      validUntil: '2036-01-01T00:00:00.000Z',
      claims: { name: 'Company A_2' },
      issuedAt: '2026-01-01T00:00:00.000Z',
      updatedAt: '2026-01-02T00:00:01.000Z',
    })
  })

  it('answers 404 for an unknown license, 400 for no id, 401 and 403 before both', async () => {
    expect((await get(`/v1/licenses/${v7()}`)).body.type).toBe(
      'urn:lexchange:problem:license-not-found',
    )
    expect((await get('/v1/licenses/nonsense')).status).toBe(400)
    expect((await registry.app.inject('/v1/licenses/nonsense')).statusCode).toBe(401)
    const admin = await registry.admin()
    const forbidden = await registry.app.inject({
      url: `/v1/licenses/${active}`,
      headers: { authorization: admin },
    })
    expect(forbidden.statusCode).toBe(403)
  })
})

describe('getLicenseHistory', () => {
  it('tells each version, when, by whom and why, oldest first', async () => {
    const { body } = await get(`/v1/licenses/${revoked}/history`)
    const common = {
      validFrom: '2026-01-01T00:00:00.000Z',
      validUntil: '2036-01-01T00:00:00.000Z',
      legalBasis: null,
      by: 'shenzhen-authority',
    }
    const items = [
      {
        version: 1,
        event: 'issued',
        status: 'active',
        at: '2026-01-01T00:00:00.000Z',
        reason: 'reason 1',
        ...common,
      },
      {
        version: 2,
        event: 'revoked',
        status: 'revoked',
        at: '2026-01-02T00:00:00.000Z',
        reason: 'reason 2',
        ...common,
      },
    ]
    expect(body).toEqual({ items, nextCursor: null })
    const first = await get(`/v1/licenses/${revoked}/history?limit=1`)
    expect(first.body.items).toEqual([items[0]])
    const second = await get(`/v1/licenses/${revoked}/history?cursor=${first.body.nextCursor}`)
    expect(second.body).toEqual({ items: [items[1]], nextCursor: null })
    expect((await get(`/v1/licenses/${v7()}/history`)).status).toBe(404)
  })
})
