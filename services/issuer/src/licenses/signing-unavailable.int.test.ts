import { nameOfCommand } from '@lexchange/postgres'
import { waitFor } from '@lexchange/testing'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { sql } from 'kysely'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { application, CLAIMS, SENSITIVE } from '../../test/applications.ts'
import { importsOf, row } from '../../test/send-imports.ts'
import { startIssuer, type TestIssuer } from '../../test/start-issuer.ts'
import { startImports } from '../imports/index.ts'
import { openDisclosures } from './sealed-intent.ts'

let issuer: TestIssuer

beforeAll(async () => {
  issuer = await startIssuer()
  // The first status list and the first key are there.
  for (const as of ['shenzhen', 'national'] as const)
    await issuer.post('/v1/licenses', application(), { as })
})
afterEach(() => {
  Object.assign(issuer.away, { now: false, until: undefined })
})
afterAll(() => issuer.stop())

const keyed = (key: string = crypto.randomUUID()) => ({ headers: { 'idempotency-key': key } })
type Options = Parameters<TestIssuer['post']>[2]
const issue = (body: unknown, options?: Options) => issuer.post('/v1/licenses', body, options)
const change = (id: string, verb: string, more: object = {}, options?: Options) =>
  issuer.post(`/v1/licenses/${id}/${verb}`, { reason: verb, ...more }, options)

const UNAVAILABLE = { status: 503, type: 'urn:lexchange:problem:signing-unavailable' }
const IN_PROGRESS = { status: 409, type: 'urn:lexchange:problem:request-in-progress' }
const REUSED = { status: 422, type: 'urn:lexchange:problem:idempotency-key-reused' }

/** What was committed before it could be signed. */
async function intentOf(licenseId?: string) {
  const { rows } = await sql<{
    license_id: string
    version: number
    kid: string
    draft: { signingInput: string; disclosures: string[] }
    sealed: { disclosures: string } | null
    data_key: string | null
  }>`select license_id, version, kid, draft, sealed, data_key from signing_intent
    where ${licenseId ?? null}::uuid is null or license_id = ${licenseId ?? null}::uuid`.execute(
    issuer.db,
  )
  expect(rows).toHaveLength(1)
  const { sealed, data_key, draft, ...intent } = rows[0] as (typeof rows)[number]
  if (!sealed || !data_key) return { ...intent, draft }
  expect(draft.disclosures, 'only sealed').toEqual([])
  const key = await issuer.claimKeyring.keys.unwrap(data_key, intent.license_id)
  const { license_id: id, version } = intent
  const disclosures = openDisclosures({ licenseId: id, version }, key, sealed.disclosures)
  return { ...intent, draft: { ...draft, disclosures } }
}

const dropIntents = () => sql`delete from signing_intent`.execute(issuer.db)

async function rowsLess(without: string[]) {
  const rows = (await issuer.countRows()) ?? {}
  return Object.fromEntries(Object.entries(rows).filter(([name]) => !without.includes(name)))
}

async function issued(changes: Record<string, unknown> = {}) {
  const { body } = await issue(application(changes))
  return body.license.id as string
}

const credentialOf = async (id: string) => (await issuer.get(`/v1/licenses/${id}/credential`)).text

describe('issuing while no key signs', () => {
  it('answers 503, and stores nothing but what will be signed', async () => {
    const before = await rowsLess(['intents'])
    issuer.away.now = true
    const { headers, body } = await issue(application(), keyed())
    expect(body).toMatchObject(UNAVAILABLE)
    expect(headers['retry-after']).toBe('5')
    expect(await rowsLess(['intents'])).toEqual(before)
    expect((await issuer.countRows())?.intents).toBe('1')
    await dropIntents()
  })

  it('completes what was begun when the command is repeated: the same license, signed once', async () => {
    const asked = application({ claims: { ...CLAIMS, ...SENSITIVE } })
    const options = keyed()
    issuer.away.now = true
    await issue(asked, options)
    const intent = await intentOf()
    expect((await issue(asked, options)).body).toMatchObject(UNAVAILABLE)
    expect(await intentOf(), 'as it was').toEqual(intent)
    issuer.away.now = false
    const before = await rowsLess([])
    const first = await issue(asked, options)
    expect(first.status).toBe(201)
    expect(first.body.license.id).toBe(intent.license_id)
    const { signingInput, disclosures } = intent.draft
    const [jwt, ...rest] = first.body.credential.split('~')
    expect(jwt.slice(0, jwt.lastIndexOf('.'))).toBe(signingInput)
    expect(rest).toEqual([...disclosures, ''])
    const again = await issue(asked, options)
    expect(again.body).toEqual(first.body)
    expect(again.headers['idempotency-replayed']).toBe('true')
    const after = await rowsLess([])
    for (const table of ['licenses', 'versions', 'credentials', 'outbox', 'audit'])
      expect(Number(after[table]) - Number(before[table]), table).toBe(1)
    expect(after.intents).toBe('0')
  })

  it('refuses another body with that key, and keeps the key for the command', async () => {
    const asked = application()
    const options = keyed()
    issuer.away.now = true
    await issue(asked, options)
    issuer.away.now = false
    expect((await issue(application(), options)).body).toMatchObject(REUSED)
    expect((await issue(asked, options)).status).toBe(201)
    expect((await issue(application(), options)).body).toMatchObject(REUSED)
  })

  it('takes the number for nobody: without the key it is issued anew', async () => {
    const asked = application()
    const options = keyed()
    issuer.away.now = true
    await issue(asked, options)
    await issue(asked)
    const before = await issuer.countRows()
    expect(before?.intents).toBe('2')
    issuer.away.now = false
    expect((await issue(asked)).status).toBe(201)
    const late = await issue(asked, options)
    expect(late.body).toMatchObject({ status: 409, type: 'urn:lexchange:problem:license-exists' })
    await dropIntents()
  })
})

describe('a change while no key signs', () => {
  it('answers 503, leaves the license as it is, and completes the same version later', async () => {
    const id = await issued({ claims: { ...CLAIMS, ...SENSITIVE } })
    const options = keyed()
    const before = await rowsLess(['intents'])
    const credential = await credentialOf(id)
    issuer.away.now = true
    const refused = await change(id, 'suspend', {}, options)
    expect(refused.body).toMatchObject(UNAVAILABLE)
    expect(refused.headers['retry-after']).toBe('5')
    expect(await rowsLess(['intents'])).toEqual(before)
    expect((await issuer.get(`/v1/licenses/${id}`)).body.license.status).toBe('active')
    expect(await credentialOf(id)).toBe(credential)
    const intent = await intentOf(id)
    issuer.away.now = false
    expect((await change(id, 'suspend', { reason: 'other' }, options)).body).toMatchObject(REUSED)
    const first = await change(id, 'suspend', {}, options)
    expect(first.body.license).toMatchObject({ status: 'suspended', version: 2 })
    const [jwt = '', ...rest] = (await credentialOf(id)).split('~')
    expect(jwt.slice(0, jwt.lastIndexOf('.'))).toBe(intent.draft.signingInput)
    expect(rest).toEqual([...intent.draft.disclosures, ''])
    expect((await change(id, 'suspend', {}, options)).body).toEqual(first.body)
    expect(await issuer.eventsOf(id)).toHaveLength(2)
    expect((await issuer.countRows())?.intents).toBe('0')
  })

  it('gives way to a new command at once', async () => {
    const id = await issued()
    const options = keyed()
    issuer.away.now = true
    await change(id, 'suspend', {}, options)
    await change(id, 'suspend')
    issuer.away.now = false
    const answer = await change(id, 'revoke')
    expect(answer.body.license).toMatchObject({ status: 'revoked', version: 2 })
    const late = await change(id, 'suspend', {}, options)
    expect(late.body).toMatchObject({ status: 409, currentStatus: 'revoked' })
    expect(await issuer.eventsOf(id)).toHaveLength(2)
    expect((await issuer.countRows())?.intents).toBe('0')
  })
})

describe('a command that is being signed', () => {
  it.each(['issue', 'change'])('answers 409 to a repetition: %s', async (kind) => {
    const asked = application()
    const id = await issued()
    const run = (options: Options) =>
      kind === 'issue' ? issue(asked, options) : change(id, 'suspend', {}, options)
    const options = keyed()
    const gate = Promise.withResolvers<void>()
    issuer.away.until = gate.promise
    const first = run(options)
    await waitFor(() => issuer.away.waiting === 1)
    const second = await run(options)
    expect(second.body).toMatchObject(IN_PROGRESS)
    expect(second.headers['retry-after']).toBe('1')
    gate.resolve()
    const { status, body } = await first
    expect(status).toBe(kind === 'issue' ? 201 : 200)
    expect((await run(options)).body).toEqual(body)
  })

  it('can be completed at once where a repetition was in the way as it was to be stored', async () => {
    const asked = application()
    const key = crypto.randomUUID()
    const gate = Promise.withResolvers<void>()
    issuer.away.until = gate.promise
    const first = issue(asked, keyed(key))
    await waitFor(() => issuer.away.waiting === 1)
    const repetition = await issuer.db.startTransaction().execute()
    const name = nameOfCommand({ client: 'shenzhen-authority', route: 'POST /v1/licenses', key })
    await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(repetition)
    gate.resolve()
    expect((await first).body).toMatchObject(IN_PROGRESS)
    await repetition.rollback().execute()
    expect((await issue(asked, keyed(key))).status).toBe(201)
  })

  it('makes other commands on its license wait for it', async () => {
    const id = await issued()
    const gate = Promise.withResolvers<void>()
    issuer.away.until = gate.promise
    const first = change(id, 'suspend')
    await waitFor(() => issuer.away.waiting === 1)
    const second = change(id, 'reinstate')
    gate.resolve()
    expect((await first).body.license).toMatchObject({ version: 2, status: 'suspended' })
    expect((await second).body.license).toMatchObject({ version: 3, status: 'active' })
  })
})

describe('an import while no key signs', () => {
  it('waits, and goes on by itself: no row is lost, refused or done twice', async () => {
    const imports = importsOf(issuer)
    const lines = Array.from({ length: 12 }, () => row())
    issuer.away.now = true
    const before = await rowsLess(['intents', 'audit'])
    const { body } = await imports.sendLines(lines)
    const waited = Promise.withResolvers<void>()
    const log = pino({ level: 'warn' }, { write: () => waited.resolve() })
    const running = startImports({ ...issuer.deps, log })
    try {
      await waited.promise
      expect(await imports.result(body.id)).toMatchObject({
        ...{ state: 'running', imported: 0, rejected: 0 },
      })
      expect(await rowsLess(['intents', 'audit'])).toEqual(before)
      expect((await issuer.countRows())?.intents).toBe('12')
      const { rows: intended } = await sql<{ id: string }>`
        select license_id as id from signing_intent`.execute(issuer.db)
      issuer.away.now = false
      await waitFor(async () => (await imports.result(body.id)).state === 'done')
      expect(await imports.result(body.id)).toMatchObject({ imported: 12, rejected: 0 })
      const numbers = lines.map(({ holder }) => holder.uscc)
      const { rows: stored } = await sql<{ id: string }>`
        select id from license where number = any(${numbers}::text[])`.execute(issuer.db)
      const idsOf = (rows: { id: string }[]) => rows.map(({ id }) => id).sort()
      expect(idsOf(stored), 'what was intended').toEqual(idsOf(intended))
      expect((await issuer.countRows())?.intents).toBe('0')
    } finally {
      await running.stop()
    }
  })
})

describe('a key that is compromised between intent and signature', () => {
  it('signs no more: the same license is drafted for the new key', async () => {
    const asked = application({ claims: { ...CLAIMS, ...SENSITIVE } })
    const id = await issued()
    const [one, other] = [keyed(), keyed()]
    issuer.away.now = true
    await issue(asked, one)
    await change(id, 'suspend', {}, other)
    const { kid } = await intentOf(id)
    issuer.away.now = false
    const compromise = { since: new Date().toISOString(), reason: 'stolen' }
    expect((await issuer.post(`/v1/keys/${kid}/compromise`, compromise)).status).toBe(200)
    const { rows } = await sql<{ id: string }>`
      select license_id as id from signing_intent where change ->> 'event' = 'issued'`.execute(
      issuer.db,
    )
    const { body } = await issue(asked, one)
    expect(body.license.id).toBe(rows[0]?.id)
    expect((await change(id, 'suspend', {}, other)).status).toBe(200)
    for (const credential of [body.credential, await credentialOf(id)]) {
      const header = decodeProtectedHeader(credential.split('~')[0])
      expect(header.kid).not.toBe(kid)
      const { keys } = (
        await issuer.get('/.well-known/jwt-vc-issuer/authorities/shenzhen', { as: null })
      ).body.jwks
      const jwk = keys.find((each: { kid: string }) => each.kid === header.kid)
      expect(decodeJwt(credential.split('~')[0]).iat).toBeGreaterThanOrEqual(jwk.nbf)
    }
    expect((await issuer.countRows())?.intents).toBe('0')
  })
})
