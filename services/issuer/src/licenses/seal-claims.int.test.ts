import { compactDecrypt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { application, CLAIMS } from '../../test/applications.ts'
import { findMarkers, markedClaims } from '../../test/find-markers.ts'
import { importsOf, row } from '../../test/send-imports.ts'
import { startIssuer, type TestIssuer } from '../../test/start-issuer.ts'
import { takeApart } from '../../test/take-apart.ts'

let issuer: TestIssuer

beforeAll(async () => {
  issuer = await startIssuer()
})
afterAll(() => issuer.stop())

const keyed = () => ({ headers: { 'idempotency-key': crypto.randomUUID() } })
const claimsWith = (claims: object) => ({ claims: { ...CLAIMS, ...claims } })

async function openedOf(event: { data: { sealedClaims?: string | undefined } } | undefined) {
  const jwe = event?.data.sealedClaims ?? ''
  const { plaintext, protectedHeader } = await compactDecrypt(jwe, issuer.registryKey)
  return { claims: JSON.parse(Buffer.from(plaintext).toString()), header: protectedHeader }
}

describe('personal and secret claims', () => {
  it('stand nowhere in the database in the clear, whatever was done with them', async () => {
    const first = markedClaims()
    const second = markedClaims()
    const third = markedClaims()
    const fourth = markedClaims()
    const issued = await issuer.post('/v1/licenses', application(claimsWith(first.claims)), keyed())
    const { id } = issued.body.license
    const amended = await issuer.post(
      `/v1/licenses/${id}/amend`,
      { reason: 'moved', claims: second.claims },
      keyed(),
    )
    expect(amended.body.license.claims).toMatchObject(second.claims)
    const imports = importsOf(issuer)
    await imports.sendLines([row(claimsWith(third.claims)), row(claimsWith(third.claims))])
    issuer.away.now = true
    const waiting = keyed()
    const asked = application(claimsWith(fourth.claims))
    expect((await issuer.post('/v1/licenses', asked, waiting)).status).toBe(503)
    issuer.away.now = false
    const markers = [first, second, third, fourth].flatMap(({ markers }) => markers)
    // Rows of an import and an intent wait, the others are licenses.
    expect(await findMarkers(issuer.db, markers)).toEqual([])
    await imports.work()
    expect((await issuer.post('/v1/licenses', asked, waiting)).body.license.claims).toMatchObject(
      fourth.claims,
    )
    expect(await findMarkers(issuer.db, markers)).toEqual([])
    expect(
      await findMarkers(issuer.db, [CLAIMS.domicile]),
      'the search finds what is public',
    ).toEqual(
      expect.arrayContaining(['license.claims', 'license_version.claims', 'outbox.message']),
    )
  })

  it('are given to their authority, in the credential too, and again to a repetition', async () => {
    const { claims } = markedClaims()
    const options = keyed()
    const asked = application(claimsWith(claims))
    const issued = await issuer.post('/v1/licenses', asked, options)
    const { id } = issued.body.license
    const again = await issuer.post('/v1/licenses', asked, options)
    expect(again.body).toEqual(issued.body)
    expect((await issuer.get(`/v1/licenses/${id}`)).body.license).toEqual(issued.body.license)
    const credential = (await issuer.get(`/v1/licenses/${id}/credential`)).text
    expect(credential).toBe(issued.body.credential)
    const hidden = takeApart(credential).hidden.map(([, name, value]) => [name, value])
    expect(Object.fromEntries(hidden)).toEqual(claims)
  })

  it('travel to the registry encrypted, bound to license and version', async () => {
    const { claims } = markedClaims()
    const { body } = await issuer.post('/v1/licenses', application(claimsWith(claims)))
    const { id } = body.license
    const contactPhone = '+8675599999999'
    await issuer.post(`/v1/licenses/${id}/amend`, { reason: 'new', claims: { contactPhone } })
    await issuer.post(`/v1/licenses/${id}/suspend`, { reason: 'pause' })
    const events = await issuer.eventsOf(id)
    const opened = await Promise.all(events.map(openedOf))
    const changed = { ...claims, contactPhone }
    expect(opened.map(({ claims }) => claims)).toEqual([claims, changed, changed])
    expect(opened.map(({ header: { lic, ver } }) => [lic, ver])).toEqual(
      [1, 2, 3].map((version) => [id, version]),
    )
    for (const { data } of events) expect(data).toMatchObject({ sealed: true, claims: CLAIMS })
  })

  it('are announced by no event of a license that has none, nor by its snapshot', async () => {
    const { body } = await issuer.post('/v1/licenses', application())
    const [event] = await issuer.eventsOf(body.license.id)
    expect(event?.data).not.toHaveProperty('sealed')
    expect(event?.data).not.toHaveProperty('sealedClaims')
    const marked = await issuer.post('/v1/licenses', application(claimsWith(markedClaims().claims)))
    const snapshot = (await issuer.get('/v1/snapshots/licenses', { as: 'administrator' })).text
    const lines = snapshot.split('\n').flatMap((line) => (line ? [JSON.parse(line)] : []))
    const sealedOf = (id: string) =>
      lines
        .find(({ licenseId }) => licenseId === id)
        .versions.map((each: object) => 'sealed' in each)
    expect(sealedOf(body.license.id)).toEqual([false])
    expect(sealedOf(marked.body.license.id)).toEqual([true])
  })
})

describe('without the key of the registry', () => {
  it('answers 503 where there are sensitive claims, stores nothing, and issues others', async () => {
    const other = await startIssuer({ sealingKey: false })
    try {
      await other.post('/v1/licenses', application())
      const before = await other.countRows()
      const asked = application(claimsWith(markedClaims().claims))
      const { status, body, headers } = await other.post('/v1/licenses', asked, keyed())
      expect([status, body.type]).toEqual([503, 'urn:lexchange:problem:sealing-key-unavailable'])
      expect(headers['retry-after']).toBe('5')
      expect(await other.countRows()).toEqual(before)
      expect((await other.post('/v1/licenses', application())).status).toBe(201)
    } finally {
      await other.stop()
    }
  })
})
