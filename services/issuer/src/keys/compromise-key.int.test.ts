import { decodeJwt, decodeProtectedHeader } from 'jose'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { application, CLAIMS, SENSITIVE } from '../../test/applications.ts'
import { keysOf, kidOf } from '../../test/keys.ts'
import { startIssuer, type TestIssuer } from '../../test/start-issuer.ts'
import { listsOf } from '../../test/status-lists.ts'
import { reissueCredentials } from '../licenses/index.ts'
import { listDueStatusLists } from '../status-lists/index.ts'

let issuer: TestIssuer
let keys: ReturnType<typeof keysOf>
/** The key that signs at the beginning of each test. */
let kid: string

beforeAll(async () => {
  issuer = await startIssuer()
  keys = keysOf(issuer)
})
beforeEach(async () => {
  kid = await keys.kidOfIssued()
})
afterAll(() => issuer.stop())

const code = ({ body }: { body: { status: number; type: string } }) => [
  body.status,
  body.type.split(':').at(-1),
]

async function issuedAt(offset: number) {
  issuer.clock.offset = offset
  const claims = { ...CLAIMS, ...SENSITIVE }
  const { body } = await issuer.post('/v1/licenses', application({ claims }))
  return { id: body.license.id as string, credential: body.credential as string }
}

const credentialOf = async (id: string) => (await issuer.get(`/v1/licenses/${id}/credential`)).text

function partsOf(credential: string) {
  const [jwt = '', ...disclosures] = credential.split('~')
  const { iat = 0, claims, ...signed } = decodeJwt<{ claims: Record<string, unknown> }>(jwt)
  const { _sd, ...shown } = claims
  const hidden = disclosures
    .slice(0, -1)
    .map((each) => JSON.parse(Buffer.from(each, 'base64url').toString()) as unknown[])
  return { iat, signed: { ...signed, claims: shown }, hidden }
}

describe('compromiseKey', () => {
  it('refuses a key of nobody or of another authority, and a time that has not come', async () => {
    const before = await keys.list()
    const future = new Date(issuer.now().getTime() + 60_000).toISOString()
    expect(code(await keys.compromise('nobody'))).toEqual([404, 'signing-key-not-found'])
    expect(code(await keys.compromise(kid, undefined, { as: 'beijing' }))).toEqual([
      ...[404, 'signing-key-not-found'],
    ])
    expect(code(await keys.compromise(kid, undefined, { as: 'reader' }))).toEqual([
      ...[403, 'insufficient-scope'],
    ])
    expect(code(await keys.compromise(kid, future))).toEqual([422, 'compromise-time-invalid'])
    for (const time of ['yesterday', '2026-06-30T23:59:60Z'])
      expect(code(await keys.compromise(kid, time))).toEqual([400, 'request-invalid'])
    expect(await keys.list()).toEqual(before)
  })

  it('tells everybody from when on, and has a new key sign at once', async () => {
    const since = new Date(Date.now() - 1_500).toISOString()
    const { status, body } = await keys.compromise(kid, since)
    expect([status, body.state, body.kid]).toEqual([200, 'compromised', kid])
    const jwk = (await keys.published()).find((each) => each.kid === kid)
    expect(jwk?.revoked).toEqual({ revoked_at: Math.floor(Date.parse(since) / 1000) })
    const next = await keys.kidOfIssued()
    expect(next).not.toBe(kid)
    const { items } = await keys.list()
    expect(items.find((each) => each.kid === next)?.state).toBe('signing')
    // The earlier of two times holds.
    await keys.compromise(kid, new Date(Date.now() - 60_000).toISOString())
    const earlier = (await keys.compromise(kid)).body.compromisedSince
    expect(Date.parse(earlier)).toBeLessThan(Date.now() - 59_000)
    expect(await keys.kidOfIssued()).toBe(next)
  })

  it('lets no key sign again that was retired', async () => {
    const retired = kid
    await issuer.post('/v1/keys/rotate')
    issuer.clock.offset += 301_000
    const signing = await keys.kidOfIssued()
    expect(signing).not.toBe(retired)
    await keys.compromise(signing, issuer.now().toISOString())
    const next = await keys.kidOfIssued()
    expect([retired, signing]).not.toContain(next)
    const state = async (which: string) =>
      (await keys.list()).items.find((each) => each.kid === which)?.state
    expect([await state(retired), await state(next)]).toEqual(['retired', 'signing'])
    issuer.clock.offset = 301_000
  })

  it('of a key that does not sign yet leaves the one that does', async () => {
    const pending = (await issuer.post('/v1/keys/rotate')).body
    expect(pending.state).toBe('published')
    await keys.compromise(pending.kid)
    expect(await keys.kidOfIssued()).toBe(kid)
    issuer.clock.offset += 301_000
    expect(await keys.kidOfIssued()).toBe(kid)
  })

  it('has the lists signed by the new key', async () => {
    const lists = listsOf(issuer)
    const { listId } = await lists.issued()
    await lists.publish(listId)
    const before = (await lists.fetch(listId)).text
    expect(kidOf(before)).toBe(kid)
    await keys.compromise(kid, issuer.now().toISOString())
    const at = issuer.now()
    const due = await listDueStatusLists(issuer.db, {
      at,
      endingBefore: at,
      signedBefore: new Date(0),
    })
    expect(due).toEqual([listId])
    await lists.publish(listId)
    const { text } = await lists.fetch(listId)
    expect(kidOf(text)).toBe(await keys.kidOfIssued())
    expect(
      await listDueStatusLists(issuer.db, { at, endingBefore: at, signedBefore: new Date(0) }),
    ).toEqual([])
  })
})

describe('reissueCredentials', () => {
  const run = (limit?: number) => reissueCredentials(issuer.deps, limit)

  it('makes exactly those again that are not trusted: the same version, by the new key', async () => {
    await run()
    const second = 1_000 - (issuer.now().getTime() % 1_000)
    const base = issuer.clock.offset + second
    const good = await issuedAt(base + 4_200)
    const bad = [
      await issuedAt(base + 5_100),
      await issuedAt(base + 5_900),
      await issuedAt(base + 9_000),
    ]
    const since = issuer.now()
    // In the middle of a second: what was signed in it before is not trusted either, by any verifier.
    since.setTime(Math.floor(since.getTime() / 1000) * 1000 - 3_500)
    const revokedAt = Math.floor(since.getTime() / 1000)
    const distrusted = bad.filter(
      ({ credential }) => (decodeJwt(credential.split('~')[0] ?? '').iat ?? 0) >= revokedAt,
    )
    const changed = bad[2]
    await issuer.post(`/v1/licenses/${changed?.id}/suspend`, { reason: 'x' })
    const present = await credentialOf(changed?.id ?? '')
    const events = await issuer.eventsOf(changed?.id ?? '')
    await keys.compromise(kid, since.toISOString())
    const [count] = (await keys.list()).items.filter((each) => each.kid === kid)
    const all = count?.credentials.distrusted ?? 0
    expect(all).toBeGreaterThanOrEqual(distrusted.length)
    // A few at a time; what is left is done by the next call.
    expect(await run(2)).toBe(2)
    expect(await run(2)).toBe(all - 2)
    expect(await run(2)).toBe(0)
    expect(await credentialOf(good.id)).toBe(good.credential)
    for (const { id, credential } of distrusted) {
      const now = await credentialOf(id)
      expect(kidOf(now)).not.toBe(kid)
      const before = partsOf(id === changed?.id ? present : credential)
      const after = partsOf(now)
      expect(after.signed).toEqual(before.signed)
      expect(after.iat).toBeGreaterThanOrEqual(before.iat)
      expect(after.hidden.map(([, ...claim]) => claim).sort()).toEqual(
        before.hidden.map(([, ...claim]) => claim).sort(),
      )
      const salts = [...before.hidden, ...after.hidden].map(([salt]) => salt)
      expect(new Set(salts).size, 'fresh salts').toBe(salts.length)
      const { rows } = await sql<{ version: number; issue: number; superseded: boolean }>`
        select version, issue, superseded_at is not null as superseded from credential
        where license_id = ${id} order by version, issue`.execute(issuer.db)
      const last = rows.at(-1)
      expect(rows.filter(({ version }) => version === last?.version)).toEqual([
        { version: last?.version, issue: 1, superseded: true },
        { version: last?.version, issue: 2, superseded: false },
      ])
    }
    expect(await issuer.eventsOf(changed?.id ?? ''), 'nothing has changed').toEqual(events)
    expect(decodeProtectedHeader((await credentialOf(good.id)).split('~')[0] ?? '').kid).toBe(kid)
    expect((await keys.list()).items.find((each) => each.kid === kid)?.credentials.distrusted).toBe(
      0,
    )
  })

  it('makes none twice in two processes, and waits while no key signs', async () => {
    await run()
    await issuedAt(issuer.clock.offset)
    await issuedAt(issuer.clock.offset)
    await keys.compromise(kid, new Date(issuer.now().getTime() - 60_000).toISOString())
    issuer.away.now = true
    await expect(run()).rejects.toThrow('pulled out')
    issuer.away.now = false
    const replica = await issuer.replica()
    await Promise.all([run(), reissueCredentials(replica.deps)])
    await run()
    const { rows } = await sql<{ issues: string }>`
      select count(*) as issues from credential where superseded_at is null
      group by license_id, version having count(*) <> 1`.execute(issuer.db)
    expect(rows).toEqual([])
    expect((await keys.list()).items.find((each) => each.kid === kid)?.credentials.distrusted).toBe(
      0,
    )
    expect((await issuer.countRows())?.intents).toBe('0')
    await replica.stop()
  })

  it('gives a credential to a license from before there were any, and skips one that is too large', async () => {
    await run()
    const old = await issuedAt(issuer.clock.offset)
    const large = await issuedAt(issuer.clock.offset)
    await issuer.post(`/v1/licenses/${old.id}/suspend`, { reason: 'x' })
    const scope = JSON.stringify('\u{20000}'.repeat(25_600))
    for (const { id } of [old, large]) {
      await sql`delete from credential where license_id = ${id}`.execute(issuer.db)
      await sql`update license set status_list_id = null, status_index = null
        where id = ${id}`.execute(issuer.db)
    }
    await sql`update license set claims = jsonb_set(claims::jsonb, '{businessScope}',
      ${scope}::jsonb)::json where id = ${large.id}`.execute(issuer.db)
    expect((await issuer.get(`/v1/licenses/${old.id}/credential`)).body.type).toMatch(
      /credential-not-found$/,
    )
    expect(await run()).toBe(1)
    const made = decodeJwt((await credentialOf(old.id)).split('~')[0] ?? '')
    expect(made).toMatchObject({ licenseId: old.id, version: 2 })
    // Its status is in the list from then on.
    const { listId, index } = await listsOf(issuer).entryOf(old.id)
    const { rows } = await sql<{ license_id: string }>`
      select license_id from status_change where list_id = ${listId}`.execute(issuer.db)
    expect(rows.map(({ license_id }) => license_id)).toContain(old.id)
    expect(index).toBeGreaterThanOrEqual(0)
    await sql`delete from license_version where license_id = ${large.id}`.execute(issuer.db)
    await sql`delete from license where id = ${large.id}`.execute(issuer.db)
  })
})
