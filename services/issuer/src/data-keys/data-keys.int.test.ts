import { waitFor } from '@lexchange/testing'
import { sql } from 'kysely'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { application, CLAIMS } from '../../test/applications.ts'
import { findMarkers, markedClaims } from '../../test/find-markers.ts'
import { importsOf, row } from '../../test/send-imports.ts'
import { startIssuer, type TestIssuer } from '../../test/start-issuer.ts'
import { rewrapDataKeys, startDataKeys } from './index.ts'

let issuer: TestIssuer

beforeAll(async () => {
  issuer = await startIssuer()
})
afterAll(() => issuer.stop())

const log = pino({ level: 'silent' })
const deps = () => ({ db: issuer.db, keys: issuer.claimKeyring.keys, log })

async function issued() {
  const { claims, markers } = markedClaims()
  const asked = application({ claims: { ...CLAIMS, ...claims } })
  const { body } = await issuer.post('/v1/licenses', asked)
  return { id: body.license.id as string, license: body.license, markers, asked }
}

const licenseOf = async (id: string) => (await issuer.get(`/v1/licenses/${id}`)).body.license
const credentialOf = async (id: string) => (await issuer.get(`/v1/licenses/${id}/credential`)).text

describe('rewrapDataKeys', () => {
  it('wraps every data key by the new key, so that the old one can go', async () => {
    const licenses = [await issued(), await issued(), await issued()]
    const imports = importsOf(issuer)
    const { claims } = markedClaims()
    const sent = await imports.sendLines([row({ claims: { ...CLAIMS, ...claims } })])
    issuer.away.now = true
    const options = { headers: { 'idempotency-key': 'rotation' } }
    const waiting = application({ claims: { ...CLAIMS, ...claims } })
    await issuer.post('/v1/licenses', waiting, options)
    issuer.away.now = false
    issuer.claimKeyring.rotate('second')
    const fresh = await issued()
    // Pages of two: three licenses, an import and an intent.
    expect(await rewrapDataKeys(deps(), 2)).toBe(5)
    expect(await rewrapDataKeys(deps(), 2)).toBe(0)
    issuer.claimKeyring.drop('first')
    for (const { id, license } of [...licenses, fresh]) expect(await licenseOf(id)).toEqual(license)
    await imports.work()
    expect(await imports.result(sent.body.id)).toMatchObject({ imported: 1, errors: [] })
    expect((await issuer.post('/v1/licenses', waiting, options)).body.license.claims).toMatchObject(
      claims,
    )
  })

  it('counts them by key, and goes past one that nothing opens', async () => {
    const lost = await issued()
    const other = await issued()
    await sql`update license set data_key = replace(data_key, '.second.', '.gone.')
      where id = ${lost.id}`.execute(issuer.db)
    issuer.claimKeyring.rotate('third')
    const metrics = new Registry()
    const running = startDataKeys({ ...deps(), metrics })
    await waitFor(async () => /key="third"/.test(await metrics.metrics()))
    await running.stop()
    const text = await metrics.metrics()
    expect(text).toContain('data_keys_by_key_encryption_key{key="gone"} 1')
    expect(text).not.toContain('key="second"')
    expect(await licenseOf(other.id)).toEqual(other.license)
    const { status, body } = await issuer.get(`/v1/licenses/${lost.id}`)
    expect([status, body.type]).toEqual([503, 'urn:lexchange:problem:encryption-unavailable'])
    await sql`update license set data_key = null, sealed = null where id = ${lost.id}`.execute(
      issuer.db,
    )
  })
})

/** As a version of the issuer that sealed nothing has left it. */
async function unseal(id: string) {
  const license = await licenseOf(id)
  const credential = await credentialOf(id)
  const claims = JSON.stringify(license.claims)
  await sql`update license_version set sealed = null, sealed_announced = false, claims = ${claims}
    where license_id = ${id}`.execute(issuer.db)
  await sql`update credential set sealed = null, credential = ${credential}
    where license_id = ${id}`.execute(issuer.db)
  await sql`update license set sealed = null, data_key = null, claims_sealed = false,
    claims = ${claims} where id = ${id}`.execute(issuer.db)
  return { license, credential }
}

async function work() {
  const running = startDataKeys({ ...deps(), metrics: new Registry() })
  await waitFor(async () => {
    const { rows } = await sql`select from license where not claims_sealed`.execute(issuer.db)
    return rows.length === 0
  })
  await running.stop()
}

describe('sealStoredLicenses', () => {
  it('seals what is from before claims were sealed, which can be read before and after', async () => {
    const { id, markers } = await issued()
    const { license, credential } = await unseal(id)
    expect(await findMarkers(issuer.db, markers), 'the search finds them').toEqual([
      'credential.credential',
      'license.claims',
      'license_version.claims',
    ])
    expect(await licenseOf(id)).toEqual(license)
    await work()
    expect(await findMarkers(issuer.db, markers)).toEqual([])
    expect(await licenseOf(id)).toEqual(license)
    expect(await credentialOf(id)).toBe(credential)
  })

  it('takes up a license that was changed since, with one data key for all versions', async () => {
    const { id, markers } = await issued()
    await unseal(id)
    await issuer.post(`/v1/licenses/${id}/suspend`, { reason: 'pause' })
    await work()
    expect(await findMarkers(issuer.db, markers)).toEqual([])
    const before = await licenseOf(id)
    await issuer.post(`/v1/licenses/${id}/reinstate`, { reason: 'resume' })
    expect((await licenseOf(id)).claims).toEqual(before.claims)
  })

  it('is not needed to erase them', async () => {
    const { id, markers } = await issued()
    await unseal(id)
    await issuer.post(`/v1/licenses/${id}/erase-claims`, { reason: 'asked' })
    expect(await findMarkers(issuer.db, markers)).toEqual([])
    expect((await licenseOf(id)).claims).toEqual(CLAIMS)
  })
})
