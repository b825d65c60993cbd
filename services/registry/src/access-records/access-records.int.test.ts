import { findChainFault } from '@lexchange/access-records'
import type { AccessRecord, AccessRow } from '@lexchange/contracts'
import { waitFor } from '@lexchange/testing'
import { sql } from 'kysely'
import { v7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { issuance, messagesOf, publish } from '../../test/issuances.ts'
import { readAs, writtenRecords } from '../../test/read-as.ts'
import { startRegistry, type TestRegistry } from '../../test/start-registry.ts'

let registry: TestRegistry
let tax: string
let shenzhen: string
const [ours, theirs] = [v7(), v7()] as [string, string]
const USCC = '914403001922038216'

beforeAll(async () => {
  registry = await startRegistry()
  tax = await registry.department()
  shenzhen = await registry.headerOf('shenzhen-authority', 'license:read')
  const source = { source: '/authorities/national' }
  const claims = { name: 'Company', businessScope: 'Software' }
  const authority = { id: 'national', name: 'National' }
  await publish(registry.nats, issuance('issued', 1, { licenseId: ours, number: USCC, claims }))
  await publish(
    registry.nats,
    issuance('issued', 1, { licenseId: theirs, number: 'B2', region: '110000', authority }, source),
  )
  await waitFor(async () => {
    const rows = await registry.db.selectFrom('entry').select('id').execute()
    return rows.length === 2
  })
})
afterAll(() => registry.stop())

const get = (url: string, authorization = tax) => readAs(registry, url, authorization)
const records = () => writtenRecords(registry)

/** What a read adds to the records. */
async function recordsOf(read: () => Promise<unknown>): Promise<AccessRecord[]> {
  const before = (await records()).length
  await read()
  return (await records()).slice(before)
}

describe('a read of the registry', () => {
  it('is recorded before it is answered: who, what, which fields, by which agreement', async () => {
    const [record] = await recordsOf(async () => {
      const { status, headers } = await get(`/v1/licenses/${ours}`)
      expect([status, headers['lexchange-agreement']]).toEqual([200, 'tax'])
    })
    expect(record).toMatchObject({
      department: 'tax',
      client: 'tax-department',
      action: 'license',
      license: { type: 'business-license', number: USCC, id: ours },
      region: '440300',
      holder: USCC,
      matched: [],
      disclosed: ['name', 'businessScope'],
      agreement: 'tax',
      outcome: 'answered',
      refused: false,
    })
    expect(JSON.stringify(record)).not.toContain('Company')
  })

  it('of a history discloses no claim; of an authority needs no agreement and is recorded too', async () => {
    const found = await recordsOf(async () => {
      await get(`/v1/licenses/${ours}/history`)
      const { headers } = await get(`/v1/licenses/${ours}`, shenzhen)
      expect(headers).not.toHaveProperty('lexchange-agreement')
    })
    expect(found).toMatchObject([
      { action: 'history', disclosed: [], agreement: 'tax' },
      { action: 'license', department: null, client: 'shenzhen-authority', agreement: null },
    ])
  })

  it('of a search is recorded for every license that it shows, or once where it shows none', async () => {
    const found = await recordsOf(() => get('/v1/licenses'))
    expect(found.map(({ action, license }) => [action, license.id]).sort()).toEqual(
      [ours, theirs].sort().map((id) => ['search', id]),
    )
    const none = await recordsOf(() => get('/v1/licenses?holder=914403001922038217'))
    expect(none).toMatchObject([
      {
        action: 'search',
        license: { type: null, number: null, id: null },
        holder: '914403001922038217',
        agreement: 'tax',
        outcome: 'answered',
      },
    ])
  })

  it('that is refused is recorded with the slug of the problem', async () => {
    const unknown = v7()
    const verify = await registry.headerOf('tax-department', 'license:verify')
    const found = await recordsOf(async () => {
      expect((await get(`/v1/licenses/${unknown}`)).status).toBe(404)
      expect((await get('/v1/licenses/nonsense')).status).toBe(400)
      expect((await get('/v1/licenses?cursor=x')).status).toBe(400)
      expect((await get(`/v1/licenses/${ours}`, verify)).status).toBe(403)
    })
    expect(
      found.map(({ action, outcome, refused, license }) => [action, outcome, refused, license.id]),
    ).toEqual([
      ['license', 'license-not-found', true, unknown],
      ['license', 'request-invalid', true, null],
      ['search', 'cursor-invalid', true, null],
      ['license', 'insufficient-scope', true, ours],
    ])
    expect(await recordsOf(() => registry.app.inject(`/v1/licenses/${ours}`))).toEqual([])
  })

  it('reaches ACCESS in one chain without a fault, also of reads at once', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        get(`/v1/licenses/${ours}`, index % 2 ? tax : shenzhen),
      ),
    )
    const written = await records()
    expect(findChainFault(written)).toBeUndefined()
    expect(new Set(written.map(({ source }) => source)).size).toBe(1)
    const arrived = async () => {
      const messages = await messagesOf(registry.nats, 'ACCESS')
      return messages.flatMap(({ event }) => (event.data as { records: AccessRow[] }).records)
    }
    await waitFor(async () => (await arrived()).length === written.length)
    const subjects = (await messagesOf(registry.nats, 'ACCESS')).map(({ subject }) => subject)
    expect(new Set(subjects)).toEqual(new Set(['access.100000.tax', 'access.100000.none']))
  })

  it('is not answered while it cannot be recorded, and is when it can be again', async () => {
    await sql`alter table outbox add constraint full_disk check (subject not like 'access.%') not valid`.execute(
      registry.db,
    )
    for (const url of ['/v1/licenses', `/v1/licenses/${ours}`, `/v1/licenses/${v7()}`]) {
      const { status, body, headers } = await get(url)
      expect([status, body.type]).toEqual([503, 'urn:lexchange:problem:access-record-not-durable'])
      expect(headers['retry-after']).toBeDefined()
      expect(body).not.toHaveProperty('license')
    }
    await sql`alter table outbox drop constraint full_disk`.execute(registry.db)
    const [record] = await recordsOf(() => get(`/v1/licenses/${ours}`))
    expect(record).toBeDefined()
    // A new chain: whether the last write of the old one was committed is not known.
    expect(new Set((await records()).map(({ source }) => source)).size).toBe(2)
  })
})

describe('agreements bind reads of the registry', () => {
  const url = '/v1/agreements'
  let first: string
  let second: string
  let finance: string

  beforeAll(async () => {
    first = await registry.admin()
    second = await registry.headerOf('administrator-2', 'directory:admin')
    finance = await registry.financeHeader()
  })

  async function post(path: string, payload: object, authorization = first) {
    const options = { method: 'POST', headers: { authorization }, payload } as const
    return (await registry.app.inject({ ...options, url: path })).statusCode
  }
  const agree = async (id: string, more: object) => {
    const terms = {
      departmentId: 'finance',
      purpose: 'finance',
      legalBasis: { text: 'x', reference: 'y' },
      licenseTypes: ['business-license'],
      regions: ['440000'],
      disclose: ['*'],
    }
    expect(await post(url, { id, ...terms, ...more })).toBe(201)
    expect(await post(`${url}/${id}/approve`, {}, second)).toBe(200)
  }
  const seen = async (query: string) => {
    const { status, body } = await get(`/v1/licenses${query}`, finance)
    return status === 200 ? body.items.map(({ id }: { id: string }) => id) : status
  }

  it('refuses a department without an agreement, of licenses that exist and that do not alike', async () => {
    for (const path of [`/${ours}`, `/${ours}/history`, `/${v7()}`, '', '?type=business-license']) {
      const { status, body } = await get(`/v1/licenses${path}`, finance)
      expect([status, body.type]).toEqual([403, 'urn:lexchange:problem:no-agreement'])
    }
    const refused = (await records()).filter(({ outcome }) => outcome === 'no-agreement')
    expect(refused.map(({ action }) => action)).toEqual([
      'license',
      'history',
      'license',
      'search',
      'search',
    ])
    expect(refused[0]).toMatchObject({ holder: USCC, disclosed: [], agreement: null })
  })

  it('discloses only the claims that they grant, and records only those', async () => {
    // Of the two claims that are public and there.
    await agree('narrow', { disclose: ['businessScope'] })
    const claims = (license: { claims: object }) => Object.keys(license.claims)
    const [record] = await recordsOf(async () => {
      const { body } = await get(`/v1/licenses/${ours}`, finance)
      expect(claims(body.license)).toEqual(['businessScope'])
    })
    expect(record?.disclosed).toEqual(['businessScope'])
    const { body } = await get('/v1/licenses', finance)
    expect(body.items.map(claims)).toEqual([['businessScope']])
    expect(await post(`${url}/narrow/end`, { reason: 'The test is over' })).toBe(200)
  })

  it('finds only what they cover, and refuses filters that none covers', async () => {
    await agree('guangdong', {})
    expect(await seen('')).toEqual([ours])
    expect(await seen('?region=100000')).toEqual([ours])
    expect(await seen('?region=440300')).toEqual([ours])
    expect(await seen('?region=440303')).toEqual([])
    expect(await seen('?region=110000')).toBe(403)
    expect(await seen('?type=food-operation-permit')).toBe(403)
    expect((await get(`/v1/licenses/${ours}`, finance)).status).toBe(200)
    expect((await get(`/v1/licenses/${theirs}`, finance)).status).toBe(403)

    await agree('permits', { licenseTypes: ['food-operation-permit'], regions: ['100000'] })
    expect(await seen('')).toEqual([ours])
    expect(await seen('?type=food-operation-permit')).toEqual([])
    await agree('beijing', { regions: ['110000'] })
    expect((await seen('')).sort()).toEqual([ours, theirs].sort())
  })

  it('stops at once when they are suspended, and outside their time', async () => {
    await agree('past', {
      licenseTypes: ['*'],
      validFrom: '2020-01-01T00:00:00.000Z',
      validUntil: '2021-01-01T00:00:00.000Z',
    })
    for (const id of ['guangdong', 'beijing', 'permits'])
      expect(await post(`${url}/${id}/suspend`, { reason: 'inquiry' })).toBe(200)
    expect(await seen('')).toBe(403)
    await post(`${url}/guangdong/resume`, { reason: 'over' })
    expect(await seen('')).toEqual([ours])
  })
})
