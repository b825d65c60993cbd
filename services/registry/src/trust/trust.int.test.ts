import { createTokenVerifier } from '@lexchange/auth'
import { verifyOffline } from '@lexchange/credentials'
import { findLicenseType } from '@lexchange/license'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { startRegistry, type TestRegistry, USCC } from '../../test/start-registry.ts'

let registry: TestRegistry
let authorization: string

beforeAll(async () => {
  registry = await startRegistry()
  authorization = await registry.admin()
})
afterAll(() => registry.stop())

async function send(method: 'GET' | 'POST' | 'PATCH' | 'PUT', url: string, payload?: object) {
  const answer = await registry.app.inject({
    ...{ method, url, headers: { authorization } },
    ...(payload && { payload }),
  })
  return { status: answer.statusCode, body: answer.json() }
}

const about = (id: string) => ({
  ...{ id, name: id, uscc: USCC, region: '330100', licenseTypes: ['business-license'] },
})

/** A client of a holder, with a key of its own. */
async function newHolder(changes: object = {}) {
  const { publicJwk, privateJwk } = await registry.keyPair('holder')
  registry.keys.holder = privateJwk
  return send('POST', '/v1/clients', {
    ...{ clientId: 'holder', name: 'Holder', kind: 'holder', holderUscc: USCC },
    ...{ scopes: ['holder:read'], publicKeyJwk: publicJwk },
    ...changes,
  })
}

describe('a client of a holder', () => {
  it('names its enterprise, and may do nothing but what holders may', async () => {
    const refused: [object, string][] = [
      [{ holderUscc: undefined }, '/holderUscc'],
      [{ departmentId: 'tax' }, '/departmentId'],
      [{ authorityId: 'shenzhen' }, '/authorityId'],
      [{ scopes: ['holder:read', 'license:read'] }, '/scopes/1'],
      [{ kind: 'department', departmentId: 'tax', scopes: ['license:read'] }, '/holderUscc'],
      [{ kind: 'administrator', scopes: ['directory:admin'] }, '/holderUscc'],
      [{ kind: 'service', holderUscc: undefined }, '/scopes/0'],
    ]
    for (const [changes, pointer] of refused) {
      const { status, body } = await newHolder(changes)
      expect([status, body.errors?.[0]?.pointer]).toEqual([422, pointer])
    }
    expect((await newHolder({ holderUscc: 'short' })).status).toBe(400)
    const created = await newHolder()
    expect(created).toMatchObject({ status: 201, body: { kind: 'holder', holderUscc: USCC } })
    expect((await send('PATCH', '/v1/clients/holder', { scopes: ['license:read'] })).status).toBe(
      422,
    )
  })

  it('gets tokens that name the enterprise and carry that scope alone', async () => {
    const client_assertion = await registry.assertion('holder')
    const asked = { client_id: 'holder', client_assertion }
    const scope = 'holder:read license:read license:verify directory:admin'
    const answer = (await registry.askToken({ ...asked, scope })).json()
    expect(answer.scope).toBe('holder:read')
    const payload = JSON.parse(
      Buffer.from(answer.access_token.split('.')[1], 'base64url').toString(),
    )
    expect(payload).toMatchObject({ holder_uscc: USCC, scope: 'holder:read', kind: 'holder' })
    const verifier = createTokenVerifier(registry.base)
    verifier.useKeys((await registry.app.inject('/oauth/jwks')).json())
    const client = await verifier.verify(`Bearer ${answer.access_token}`)
    expect(client).toMatchObject({ kind: 'holder', holderUscc: USCC })
    const headers = { authorization: `Bearer ${answer.access_token}` }
    for (const url of ['/v1/licenses', '/v1/authorities', '/v1/departments', '/v1/clients'])
      expect((await registry.app.inject({ url, headers })).statusCode).toBe(403)
  })
})

describe('getTrustList', () => {
  const listFor = async (client: string, scope: string) => {
    const headers = { authorization: await registry.headerOf(client, scope) }
    const answer = await registry.app.inject({ url: '/v1/trust-list', headers })
    return { status: answer.statusCode, body: answer.json() }
  }
  const list = async () => (await listFor('tax-department', 'license:verify')).body
  const issuer = 'https://licenses.example.org/authorities/hangzhou'
  const entryOf = async () =>
    (await list()).issuers.find((each: { authorityId: string }) => each.authorityId === 'hangzhou')

  it('is for those who check or hold licenses, and for nobody else', async () => {
    expect((await registry.app.inject('/v1/trust-list')).statusCode).toBe(401)
    expect((await listFor('tax-department', 'license:verify')).status).toBe(200)
    expect((await listFor('tax-department', 'license:read')).status).toBe(200)
    expect((await listFor('holder', 'holder:read')).status).toBe(200)
    expect((await listFor('tax-department', 'subscription:manage')).status).toBe(403)
    expect((await listFor('administrator-1', 'directory:admin')).status).toBe(403)
  })

  it('has who has keys, with the keys and every span in which it could issue', async () => {
    expect(await list()).toEqual({ asOf: expect.any(String), issuers: [] })
    await send('POST', '/v1/authorities', { ...about('hangzhou'), foreign: true })
    expect(await entryOf()).toBeUndefined()
    const key = (await registry.keyPair('k')).publicJwk
    await send('PUT', '/v1/authorities/hangzhou/keys', { issuer, jwks: { keys: [key] } })
    const licenseTypes = ['business-license']
    const span = { from: expect.any(String), to: null, licenseTypes, region: '330100' }
    expect(await entryOf()).toEqual({
      ...{ issuer, authorityId: 'hangzhou', name: 'hangzhou', entitlements: [span] },
      jwks: { keys: [{ ...key, use: 'sig' }] },
    })
    const answer = verifyOffline({
      ...{ credential: 'nonsense', trustList: await list(), at: new Date(), now: new Date() },
    })
    expect([answer.verdict, answer.ageSeconds.trustList < 60]).toEqual(['invalid', true])
  })

  it('shows spans that end and begin with what an authority may issue, and its state', async () => {
    const change = (body: object) => send('PATCH', '/v1/authorities/hangzhou', body)
    const spans = async () => (await entryOf()).entitlements
    const [first] = await spans()
    await change({ name: 'Hangzhou' })
    expect(await spans()).toEqual([first])
    const types = ['business-license', 'food-operation-permit']
    await change({ licenseTypes: types })
    const [ended, second] = await spans()
    expect(ended).toEqual({ ...first, to: second.from })
    expect(second).toMatchObject({ to: null, licenseTypes: types, region: '330100' })
    await change({ region: '330000' })
    expect(await spans()).toMatchObject([ended, { from: second.from }, { region: '330000' }])
    expect((await spans())[1].to).toBe((await spans())[2].from)
    await change({ state: 'suspended' })
    const suspended = await spans()
    expect(suspended).toHaveLength(3)
    expect(suspended[2].to).not.toBeNull()
    await change({ licenseTypes: ['business-license'] })
    expect(await spans()).toEqual(suspended)
    await change({ state: 'active' })
    const active = await spans()
    expect(active.slice(0, 3)).toEqual(suspended)
    expect(active[3]).toMatchObject({ to: null, licenseTypes: ['business-license'] })
    expect(active[3].from >= suspended[2].to).toBe(true)
  })

  it('takes an authority from before there were spans to have been always what it is', async () => {
    const { db } = registry
    const row = await db
      .selectFrom('directory_entry')
      .select('data')
      .where('id', '=', 'hangzhou')
      .where('kind', '=', 'authority')
      .executeTakeFirstOrThrow()
    const { entitlements: _, ...older } = row.data as Record<string, unknown>
    await db
      .updateTable('directory_entry')
      .set({ data: JSON.stringify(older) })
      .where('id', '=', 'hangzhou')
      .where('kind', '=', 'authority')
      .execute()
    const always = { from: '1970-01-01T00:00:00.000Z', region: '330000' }
    expect((await entryOf()).entitlements).toMatchObject([{ ...always, to: null }])
    await send('PATCH', '/v1/authorities/hangzhou', { region: '330100' })
    const [before, now] = (await entryOf()).entitlements
    expect(before).toMatchObject({ ...always, to: now.from })
  })
})

describe('getCredentialType', () => {
  it('describes the credentials of a license type to anybody', async () => {
    const url = '/.well-known/vct/business-license'
    const answer = await registry.app.inject(url)
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['cache-control']).toBe('public, max-age=3600')
    const { vct, name, claims } = answer.json()
    expect(vct).toBe(`${registry.base}${url}`)
    expect(name).toBe(findLicenseType('business-license')?.title)
    const hidden = (claims as { path: string[]; sd: string }[])
      .filter(({ sd }) => sd === 'always')
      .map(({ path }) => path.join('.'))
    expect(hidden.sort()).toEqual([
      'claims.beneficialOwners',
      'claims.contactPhone',
      'claims.legalRepresentativeId',
      'claims.settlementAccount',
    ])
    expect(claims).toContainEqual({ path: ['claims', 'legalRepresentative'], sd: 'never' })
    expect(claims).toHaveLength(11)
  })

  it('knows no other type', async () => {
    const answer = await registry.app.inject('/.well-known/vct/no-such-type')
    expect(answer.statusCode).toBe(404)
    expect(answer.json().type).toBe('urn:lexchange:problem:credential-type-not-found')
    for (const code of ['constructor', '__proto__', '..%2Fx', 'A'])
      expect([400, 404]).toContain(
        (await registry.app.inject(`/.well-known/vct/${code}`)).statusCode,
      )
  })
})
