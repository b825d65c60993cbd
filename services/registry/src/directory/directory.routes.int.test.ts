import { waitFor } from '@lexchange/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { messagesOf } from '../../test/issuances.ts'
import { startRegistry, type TestRegistry, USCC } from '../../test/start-registry.ts'
import { completeDirectory } from './complete-directory.ts'
import { seedDirectory } from './seed-directory.ts'

let registry: TestRegistry
let authorization: string

beforeAll(async () => {
  registry = await startRegistry()
  authorization = await registry.admin()
})
afterAll(() => registry.stop())

async function send(
  method: 'GET' | 'POST' | 'PATCH',
  url: string,
  payload?: object,
  headers: Record<string, string> = {},
) {
  const answer = await registry.app.inject({
    method,
    url,
    headers: { authorization, ...headers },
    ...(payload && { payload }),
  })
  return { status: answer.statusCode, body: answer.json(), headers: answer.headers }
}

const authority = (id: string) => ({
  id,
  name: 'Guangdong',
  uscc: USCC,
  region: '440000',
  licenseTypes: ['business-license'],
})

async function lastOf(subject: string) {
  const messages = await messagesOf(registry.nats, 'DIRECTORY')
  return messages.find((message) => message.subject === subject)?.event as
    | { data: Record<string, unknown> }
    | undefined
}

describe('the directory', () => {
  it('registers an authority and announces it', async () => {
    const created = await send('POST', '/v1/authorities', authority('guangdong'))
    expect(created.status).toBe(201)
    expect(created.headers).toMatchObject({
      etag: '"1"',
      location: '/v1/authorities/guangdong',
    })
    expect(created.body).toMatchObject({ ...authority('guangdong'), state: 'active', revision: 1 })
    await waitFor(async () => (await lastOf('directory.authority.guangdong')) !== undefined)
    const read = await send('GET', '/v1/authorities/guangdong')
    expect(read.body).toEqual(created.body)
    expect(read.headers.etag).toBe('"1"')
  })

  it('changes an entry only at the revision that is named', async () => {
    await send('POST', '/v1/authorities', authority('hunan'))
    const stale = await send('PATCH', '/v1/authorities/hunan', { name: 'x' }, { 'if-match': '"7"' })
    expect([stale.status, stale.body.type]).toEqual([412, 'urn:lexchange:problem:version-mismatch'])
    const changed = await send(
      'PATCH',
      '/v1/authorities/hunan',
      { state: 'suspended', region: '430000' },
      { 'if-match': '"1"' },
    )
    expect(changed.body).toMatchObject({ state: 'suspended', region: '430000', revision: 2 })
    await waitFor(async () => (await lastOf('directory.authority.hunan'))?.data.revision === 2)
    const audit = await registry.db
      .selectFrom('audit_entry')
      .select(['action', 'by_client'])
      .where('subject', '=', 'hunan')
      .orderBy('id')
      .execute()
    expect(audit).toEqual([
      { action: 'authority.registered', by_client: 'administrator-1' },
      { action: 'authority.changed', by_client: 'administrator-1' },
    ])
  })

  it('gives a repeated command its first answer', async () => {
    const headers = { 'idempotency-key': 'once' }
    const first = await send(
      'POST',
      '/v1/departments',
      { name: 'M', kind: 'm', region: '100000' },
      headers,
    )
    const again = await send(
      'POST',
      '/v1/departments',
      { name: 'M', kind: 'm', region: '100000' },
      headers,
    )
    expect(again.body).toEqual(first.body)
    expect(again.headers['idempotency-replayed']).toBe('true')
  })

  it('refuses what breaks a rule, and changes nothing', async () => {
    const { publicJwk, privateJwk } = await registry.keyPair('k')
    const client = {
      clientId: 'c',
      name: 'C',
      kind: 'department',
      departmentId: 'tax',
      scopes: ['license:read'],
      publicKeyJwk: publicJwk,
    }
    const refused: [string, object, string][] = [
      ['/v1/authorities', { ...authority('a'), uscc: '11100000MB0143028A' }, '/uscc'],
      ['/v1/authorities', { ...authority('a'), region: '000000' }, '/region'],
      ['/v1/authorities', { ...authority('a'), licenseTypes: ['nonsense'] }, '/licenseTypes/0'],
      ['/v1/clients', { ...client, scopes: ['directory:admin'] }, '/scopes/0'],
      ['/v1/clients', { ...client, publicKeyJwk: privateJwk }, '/publicKeyJwk'],
      [
        '/v1/clients',
        { ...client, publicKeyJwk: { kty: 'RSA', n: 'x', e: 'AQAB' } },
        '/publicKeyJwk',
      ],
      ['/v1/clients', { ...client, departmentId: 'nobody' }, '/departmentId'],
      ['/v1/clients', { ...client, kind: 'administrator' }, '/departmentId'],
    ]
    for (const [url, body, pointer] of refused) {
      const answer = await send('POST', url, body)
      expect([answer.status, answer.body.errors?.[0]?.pointer]).toEqual([422, pointer])
    }
    expect((await send('POST', '/v1/authorities', authority('shenzhen'))).status).toBe(409)
    expect((await send('POST', '/v1/authorities', { ...authority('a'), more: 1 })).status).toBe(400)
    expect((await send('PATCH', '/v1/authorities/nobody', { name: 'x' })).status).toBe(404)
    expect((await send('GET', '/v1/clients/c')).status).toBe(404)
  })

  it('shows a department only itself, and nothing to other clients', async () => {
    const get = async (url: string, token: string) =>
      registry.app.inject({ url, headers: { authorization: token } })
    const tax = await registry.headerOf('tax-department', 'license:verify')
    expect((await get('/v1/departments', tax)).json()).toMatchObject({
      items: [{ id: 'tax' }],
      nextCursor: null,
    })
    expect((await get('/v1/departments/tax', tax)).statusCode).toBe(200)
    expect((await get('/v1/departments/finance', tax)).statusCode).toBe(404)
    expect((await get('/v1/clients', tax)).statusCode).toBe(403)
    const shenzhen = await registry.headerOf('shenzhen-authority', 'license:read')
    expect((await get('/v1/departments', shenzhen)).statusCode).toBe(403)
  })

  it('pages by id', async () => {
    const idsOf = ({ body }: Awaited<ReturnType<typeof send>>) =>
      body.items.map(({ clientId }: { clientId: string }) => clientId)
    const first = await send('GET', '/v1/clients?limit=2')
    const second = await send('GET', `/v1/clients?limit=2&cursor=${first.body.nextCursor}`)
    expect([...idsOf(first), ...idsOf(second)]).toEqual([
      'administrator-1',
      'administrator-2',
      'administrator-3',
      'finance-department',
    ])
    expect((await send('GET', '/v1/clients?cursor=nonsense')).status).toBe(400)
  })

  it('refuses the tokens of a suspended client within a second', async () => {
    const tax = await registry.department()
    const status = async () =>
      (await registry.app.inject({ url: '/v1/licenses', headers: { authorization: tax } }))
        .statusCode
    expect(await status()).toBe(200)
    await send('PATCH', '/v1/departments/tax', { state: 'suspended' })
    await waitFor(async () => (await status()) === 403, { timeout: 1000 })
    await send('PATCH', '/v1/departments/tax', { state: 'active' })
    await waitFor(async () => (await status()) === 200, { timeout: 1000 })
  })
})

describe('seedDirectory', () => {
  it('adds what is missing and overwrites nothing', async () => {
    await send('PATCH', '/v1/departments/finance', { name: 'Finance Bureau' })
    const departments = [
      ...registry.seed.departments,
      { id: 'audit', name: 'Audit', kind: 'audit', region: '100000' },
    ]
    const seed = { ...registry.seed, departments }
    expect(await seedDirectory(registry.db, seed, new Date())).toBe(1)
    expect((await send('GET', '/v1/departments/finance')).body.name).toBe('Finance Bureau')
    await expect(seedDirectory(registry.db, {}, new Date())).rejects.toThrow('malformed')
  })
})

describe('completeDirectory', () => {
  it('announces again what the stream lacks, and nothing else', async () => {
    const { db, nats, app } = registry
    const entries = await db
      .selectFrom('directory_entry')
      .select(({ fn }) => fn.countAll<string>().as('count'))
      .executeTakeFirstOrThrow()
    await waitFor(
      async () => (await messagesOf(nats, 'DIRECTORY')).length === Number(entries.count),
    )
    expect(await completeDirectory(db, nats)).toBe(0)
    const { jetstreamManager } = await import('@nats-io/jetstream')
    await (await jetstreamManager(nats)).streams.purge('DIRECTORY', {
      filter: 'directory.department.tax',
    })
    expect(await completeDirectory(db, nats)).toBe(1)
    await waitFor(async () => (await lastOf('directory.department.tax')) !== undefined)
    expect((await app.inject('/health/ready')).statusCode).toBe(200)
  })
})
