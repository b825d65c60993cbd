import { waitFor } from '@lexchange/testing'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { messagesOf } from '../../test/issuances.ts'
import { startRegistry, type TestRegistry } from '../../test/start-registry.ts'
import { seedAgreements } from './seed-agreements.ts'

let registry: TestRegistry
let first: string
let second: string
let tax: string

beforeAll(async () => {
  registry = await startRegistry()
  first = await registry.admin()
  second = await registry.headerOf('administrator-2', 'directory:admin')
  tax = await registry.department()
})
afterAll(() => registry.stop())

async function send(
  method: 'GET' | 'POST' | 'PATCH',
  url: string,
  payload?: object,
  { by = first, ...headers }: Record<string, string> = {},
) {
  const answer = await registry.app.inject({
    method,
    url,
    headers: { authorization: by, ...headers },
    ...(payload && { payload }),
  })
  return { status: answer.statusCode, body: answer.json(), headers: answer.headers }
}

const terms = {
  departmentId: 'finance',
  purpose: 'grants',
  legalBasis: { text: 'Grants are checked', reference: 'Budget Law, article 57' },
  licenseTypes: ['business-license'],
  regions: ['440000'],
  disclose: ['name'],
}
const draft = (id: string, more: object = {}) =>
  send('POST', '/v1/agreements', { id, ...terms, ...more })
const approve = (id: string, body?: object, by = second) =>
  send('POST', `/v1/agreements/${id}/approve`, body, { by })
const slug = ({ status, body }: { status: number; body: { type?: string } }) =>
  `${status} ${body.type?.split(':').at(-1)}`

async function announced(id: string) {
  const messages = await messagesOf(registry.nats, 'DIRECTORY')
  const found = messages.find(({ subject }) => subject === `directory.agreement.${id}`)
  return found?.event.data as Record<string, unknown> | undefined
}

async function approved(id: string) {
  await draft(id)
  expect((await approve(id)).status).toBe(200)
}

describe('createAgreement', () => {
  it('drafts an agreement that DIRECTORY does not carry before another administrator approves it', async () => {
    const created = await draft('grants', { match: ['settlementAccount'] })
    expect(created.status).toBe(201)
    expect(created.headers).toMatchObject({ etag: '"1"', location: '/v1/agreements/grants' })
    expect(created.body).toMatchObject({ ...terms, id: 'grants', version: 1, state: 'draft' })
    expect(created.body.draft).toMatchObject({ version: 1, draftedBy: 'administrator-1' })

    expect(slug(await approve('grants', {}, first))).toBe('403 second-administrator-required')
    // What is announced next shows that the draft was not.
    await approved('witness')
    await waitFor(async () => (await announced('witness')) !== undefined)
    expect(await announced('grants')).toBeUndefined()

    const active = await approve('grants')
    expect(active.body).toMatchObject({ version: 1, state: 'active', draft: null, revision: 2 })
    await waitFor(async () => (await announced('grants')) !== undefined)
    expect(await announced('grants')).toEqual({
      ...terms,
      id: 'grants',
      match: ['settlementAccount'],
      quota: {},
      validFrom: created.body.validFrom,
      validUntil: null,
      version: 1,
      state: 'active',
      revision: 1,
    })
  })

  it('refuses terms that break a rule, and names where', async () => {
    const refused: [object, string][] = [
      [{ departmentId: 'nobody' }, '/departmentId'],
      [{ licenseTypes: ['business-license', 'nonsense'] }, '/licenseTypes/1'],
      [{ regions: ['000000'] }, '/regions/0'],
      [{ disclose: ['name', 'nonsense'] }, '/disclose/1'],
      [{ licenseTypes: ['*'], match: ['nonsense'] }, '/match/0'],
      [{ validFrom: '2026-02-01T00:00:00Z', validUntil: '2026-02-01T00:00:00Z' }, '/validUntil'],
    ]
    for (const [change, pointer] of refused) {
      const { status, body } = await draft('refused', change)
      expect([status, body.errors?.[0]?.pointer]).toEqual([422, pointer])
    }
    for (const change of [{ quota: { perDay: 0 } }, { quota: { perWeek: 1 } }, { more: 1 }])
      expect(slug(await draft('refused', change))).toBe('400 request-invalid')
    expect((await send('GET', '/v1/agreements/refused')).status).toBe(404)
    expect(slug(await draft('tax'))).toBe('409 directory-entry-exists')
  })

  it('gives a repeated command its first answer', async () => {
    const headers = { 'idempotency-key': 'draft-once' }
    const one = await send('POST', '/v1/agreements', terms, headers)
    const again = await send('POST', '/v1/agreements', terms, headers)
    expect(one.body.id).toMatch(/^[0-9a-f-]{36}$/)
    expect([again.body, again.headers['idempotency-replayed']]).toEqual([one.body, 'true'])
  })
})

describe('updateAgreement', () => {
  it('keeps the approved terms in force until the next version is approved, and every version', async () => {
    await approved('versions')
    await waitFor(async () => (await announced('versions')) !== undefined)
    const next = await send('PATCH', '/v1/agreements/versions', { disclose: ['*'] })
    expect(next.body).toMatchObject({ version: 1, disclose: ['name'], draft: { version: 2 } })
    const replaced = await send(
      'PATCH',
      '/v1/agreements/versions',
      { quota: { perDay: 10 } },
      { by: second, 'if-match': next.headers.etag as string },
    )
    // A change of a draft keeps what the draft said.
    expect(replaced.body.draft).toMatchObject({
      version: 3,
      terms: { disclose: ['*'], quota: { perDay: 10 } },
    })
    expect(await announced('versions')).toMatchObject({ disclose: ['name'], version: 1 })

    expect(slug(await approve('versions', { version: 2 }, first))).toBe('409 agreement-conflict')
    expect(slug(await approve('versions', {}, second))).toBe('403 second-administrator-required')
    expect((await approve('versions', { version: 3 }, first)).body).toMatchObject({
      version: 3,
      disclose: ['*'],
      draft: null,
    })
    await waitFor(async () => (await announced('versions'))?.version === 3)

    const { body } = await send('GET', '/v1/agreements/versions/versions?limit=2')
    const rest = await send('GET', `/v1/agreements/versions/versions?cursor=${body.nextCursor}`)
    const versions = [...body.items, ...rest.body.items]
    expect(
      versions.map(({ version, state, draftedBy, approvedBy }) => [
        version,
        state,
        draftedBy,
        approvedBy,
      ]),
    ).toEqual([
      [1, 'superseded', 'administrator-1', 'administrator-2'],
      [2, 'superseded', 'administrator-1', null],
      [3, 'approved', 'administrator-2', 'administrator-1'],
    ])
  })

  it('refuses a change that changes nothing, or of another revision than the present', async () => {
    await approved('same')
    const same = await send('PATCH', '/v1/agreements/same', { disclose: ['name'] })
    expect(slug(same)).toBe('422 directory-entry-invalid')
    const stale = await send(
      'PATCH',
      '/v1/agreements/same',
      { disclose: ['*'] },
      { 'if-match': '"1"' },
    )
    expect(slug(stale)).toBe('412 version-mismatch')
    expect((await send('PATCH', '/v1/agreements/nobody', { disclose: ['*'] })).status).toBe(404)
  })
})

describe('approveAgreement', () => {
  it('is done once when two administrators approve at once', async () => {
    await draft('race')
    const third = await registry.headerOf('administrator-3', 'directory:admin')
    const answers = await Promise.all([
      approve('race', undefined, second),
      approve('race', undefined, third),
    ])
    expect(answers.map(slug).sort()).toEqual(['200 undefined', '409 agreement-conflict'])
    expect((await send('GET', '/v1/agreements/race')).body).toMatchObject({
      state: 'active',
      revision: 2,
    })
  })

  it('does not lift a suspension by new terms', async () => {
    await approved('held')
    await send('POST', '/v1/agreements/held/suspend', { reason: 'inquiry' })
    await send('PATCH', '/v1/agreements/held', { disclose: ['*'] })
    expect((await approve('held')).body).toMatchObject({ state: 'suspended', version: 2 })
    await waitFor(async () => (await announced('held'))?.version === 2)
    expect(await announced('held')).toMatchObject({ state: 'suspended', disclose: ['*'] })
  })
})

describe('suspendAgreement, resumeAgreement, endAgreement', () => {
  it('announces each state, and an ended agreement never comes back', async () => {
    await approved('states')
    const move = (verb: string, reason = 'why') =>
      send('POST', `/v1/agreements/states/${verb}`, { reason })
    expect(slug(await move('resume'))).toBe('409 agreement-conflict')
    for (const [verb, state] of [
      ['suspend', 'suspended'],
      ['resume', 'active'],
      ['end', 'ended'],
    ] as const) {
      expect((await move(verb, `to ${verb}`)).body).toMatchObject({ state, reason: `to ${verb}` })
      await waitFor(async () => (await announced('states'))?.state === state)
    }
    for (const verb of ['suspend', 'resume', 'end'])
      expect((await move(verb)).body).toMatchObject({ status: 409, currentState: 'ended' })
    expect((await approve('states')).status).toBe(409)
    expect((await send('PATCH', '/v1/agreements/states', { disclose: ['*'] })).status).toBe(409)
    expect((await send('POST', '/v1/agreements/states/end', {})).status).toBe(400)
    const audit = await registry.db
      .selectFrom('audit_entry')
      .select('action')
      .where('subject', '=', 'states')
      .where('action', 'not in', ['agreement.registered', 'agreement.changed'])
      .orderBy('id')
      .execute()
    expect(audit.map(({ action }) => action)).toEqual(
      ['drafted', 'approved', 'suspended', 'resumed', 'ended'].map((name) => `agreement.${name}`),
    )
  })
})

describe('rejectAgreement', () => {
  it('takes a draft away, which stays among the versions', async () => {
    await draft('unwanted')
    const rejected = await send('POST', '/v1/agreements/unwanted/reject', { version: 1 })
    expect(rejected.body).toMatchObject({ state: 'draft', draft: null, version: 1 })
    expect(slug(await approve('unwanted'))).toBe('409 agreement-conflict')
    const again = await send('PATCH', '/v1/agreements/unwanted', { disclose: ['*'] })
    expect(again.body.draft).toMatchObject({ version: 2, terms: { purpose: 'grants' } })
    const { body } = await send('GET', '/v1/agreements/unwanted/versions')
    expect(body.items.map(({ state }: { state: string }) => state)).toEqual(['rejected', 'draft'])
  })
})

describe('listAgreements', () => {
  it('shows a department its own and an administrator all, by department too', async () => {
    const ids = async (url: string, by: string) => {
      const { body } = await send('GET', url, undefined, { by })
      return body.items.map(({ id }: { id: string }) => id)
    }
    expect(await ids('/v1/agreements', tax)).toEqual(['tax'])
    expect(await ids('/v1/agreements?departmentId=finance', tax)).toEqual([])
    expect(await ids('/v1/agreements?departmentId=tax', first)).toEqual(['tax'])
    expect(await ids('/v1/agreements', first)).toContain('grants')
    expect((await send('GET', '/v1/agreements/tax', undefined, { by: tax })).status).toBe(200)
    for (const url of ['/v1/agreements/grants', '/v1/agreements/grants/versions'])
      expect((await send('GET', url, undefined, { by: tax })).status).toBe(404)
    const shenzhen = await registry.headerOf('shenzhen-authority', 'license:read')
    expect((await send('GET', '/v1/agreements', undefined, { by: shenzhen })).status).toBe(403)
    expect((await send('POST', '/v1/agreements', terms, { by: tax })).status).toBe(403)
  })
})

describe('seedAgreements', () => {
  it('enters what is missing as approved, and overwrites nothing', async () => {
    await waitFor(async () => (await announced('tax'))?.state === 'active')
    const { body } = await send('GET', '/v1/agreements/tax/versions')
    expect(body.items).toMatchObject([
      { state: 'approved', draftedBy: 'seed', approvedBy: 'seed', version: 1 },
    ])
    expect(await seedAgreements(registry.db, registry.seed, new Date())).toBe(0)
    await expect(
      seedAgreements(registry.db, { agreements: [{ id: 'x' }] }, new Date()),
    ).rejects.toThrow('malformed')
  })
})

describe('updateDepartment', () => {
  it('lifts a throttle, and sets none', async () => {
    await registry.db
      .updateTable('directory_entry')
      .set({ data: sql`data || '{"throttle": {"perMinute": 3}}'` })
      .where('kind', '=', 'department')
      .where('id', '=', 'finance')
      .execute()
    const url = '/v1/departments/finance'
    expect((await send('GET', url)).body.throttle).toEqual({ perMinute: 3 })
    expect((await send('PATCH', url, { throttle: { perMinute: 9 } })).status).toBe(400)
    expect((await send('PATCH', url, { throttle: null })).body).not.toHaveProperty('throttle')
    expect((await send('GET', url)).body).not.toHaveProperty('throttle')
  })
})
