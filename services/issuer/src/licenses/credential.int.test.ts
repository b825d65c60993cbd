import { createPublicKey, generateKeyPairSync } from 'node:crypto'

import { presentCredential, readCredential } from '@lexchange/credentials'
import { compactVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { application, CLAIMS, SENSITIVE } from '../../test/applications.ts'
import { importsOf, row } from '../../test/send-imports.ts'
import { startIssuer, type TestIssuer } from '../../test/start-issuer.ts'
import { takeApart } from '../../test/take-apart.ts'

const BASE = 'http://127.0.0.1:7001'

let issuer: TestIssuer

beforeAll(async () => {
  issuer = await startIssuer()
})
afterAll(() => issuer.stop())

type Options = Parameters<TestIssuer['post']>[2]
const issue = (body: unknown, options?: Options) => issuer.post('/v1/licenses', body, options)
const credentialOf = (id: string, options?: Options) =>
  issuer.get(`/v1/licenses/${id}/credential`, options)

const holderKey = () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' })
  return { kty, crv, x, y }
}

/** Every version of a license, each with what credentials it has. */
async function versionsOf(id: string) {
  return issuer.db
    .selectFrom('license_version')
    .leftJoin('credential', (join) =>
      join
        .onRef('credential.license_id', '=', 'license_version.license_id')
        .onRef('credential.version', '=', 'license_version.version'),
    )
    .select(['license_version.version', 'credential', 'issue', 'superseded_at'])
    .where('license_version.license_id', '=', id)
    .orderBy('license_version.version')
    .execute()
}

describe('the credential of a license', () => {
  it('shows what is public, and hides each personal and secret claim by itself', async () => {
    const jwk = holderKey()
    const asked = application({ claims: { ...CLAIMS, ...SENSITIVE }, cnf: { jwk } })
    const before = Math.floor(Date.now() / 1000)
    const { body } = await issue(asked)
    const { license } = body
    const { header, payload, hidden } = takeApart(body.credential)
    expect(header).toEqual({ alg: 'ES256', typ: 'dc+sd-jwt', kid: expect.any(String) })
    const { iat, status, claims, ...rest } = payload as Record<string, unknown> & {
      iat: number
    }
    expect(iat).toBeGreaterThanOrEqual(before)
    expect(iat).toBeLessThanOrEqual(Date.now() / 1000)
    expect(rest).toEqual({
      iss: `${BASE}/authorities/shenzhen`,
      vct: `${issuer.tokens.issuer}/.well-known/vct/business-license`,
      nbf: Date.parse(asked.validFrom) / 1000,
      exp: Date.parse(asked.validUntil) / 1000,
      cnf: { jwk },
      licenseId: license.id,
      identifier: license.identifier,
      type: 'business-license',
      number: license.number,
      version: 1,
      holder: asked.holder,
      authority: license.authority,
      region: '440300',
      validFrom: asked.validFrom,
      validUntil: asked.validUntil,
      issuedAt: license.issuedAt,
      _sd_alg: 'sha-256',
    })
    const row = await issuer.db
      .selectFrom('license')
      .select(['status_list_id', 'status_index'])
      .where('id', '=', license.id)
      .executeTakeFirstOrThrow()
    expect(status).toEqual({
      status_list: { idx: row.status_index, uri: `${BASE}/status-lists/${row.status_list_id}` },
    })
    const { _sd: digests, ...shown } = claims as Record<string, unknown>
    expect(shown).toEqual(CLAIMS)
    expect(Object.fromEntries(hidden.map(([, name, value]) => [name, value]))).toEqual(SENSITIVE)
    expect(digests).toHaveLength(hidden.length)
    for (const [salt] of hidden) expect(Buffer.from(salt, 'base64url')).toHaveLength(16)
    expect(new Set(hidden.map(([salt]) => salt)).size).toBe(hidden.length)
    // Hidden means that the signed part does not have it either.
    const signed = Buffer.from(body.credential.split('.')[1], 'base64url').toString()
    expect(signed).not.toMatch(/甲|6222020200112233445|8675512345678|002X/)
    expect(readCredential(body.credential).ok).toBe(true)
    const one = presentCredential(body.credential, ['contactPhone'])
    expect(takeApart(one).hidden.map(([, name]) => name)).toEqual(['contactPhone'])
  })

  it('names no end of a license without one, and no key of a holder that brought none', async () => {
    const { body } = await issue(application({ validUntil: null }))
    const { payload, hidden } = takeApart(body.credential)
    expect(payload).not.toHaveProperty('exp')
    expect(payload).not.toHaveProperty('cnf')
    expect(payload).toMatchObject({ validUntil: null })
    expect(hidden).toEqual([])
  })

  it('is never good outside the validity of its license, to the second', async () => {
    const { body } = await issue(
      application({
        validFrom: '2026-01-01T00:00:00.001Z',
        validUntil: '2046-01-01T00:00:00.999Z',
      }),
    )
    expect(takeApart(body.credential).payload).toMatchObject({
      nbf: Date.parse('2026-01-01T00:00:01Z') / 1000,
      exp: Date.parse('2046-01-01T00:00:00Z') / 1000,
    })
  })

  it('verifies with the keys that its issuer publishes', async () => {
    const { body } = await issue(application())
    const { jwt, header, payload } = takeApart(body.credential)
    const metadata = await issuer.get('/.well-known/jwt-vc-issuer/authorities/shenzhen', {
      as: null,
    })
    expect(metadata.status).toBe(200)
    expect(metadata.headers['cache-control']).toBe('public, max-age=60')
    expect(metadata.body.issuer).toBe(payload.iss)
    const [jwk, ...others] = metadata.body.jwks.keys.filter(
      ({ kid }: { kid: string }) => kid === header.kid,
    )
    expect(others).toEqual([])
    expect(jwk).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' })
    expect(jwk).not.toHaveProperty('d')
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    const verified = await compactVerify(jwt, key, { algorithms: ['ES256'] })
    expect(JSON.parse(Buffer.from(verified.payload).toString())).toEqual(payload)
    expect((payload as { iat: number }).iat).toBeGreaterThanOrEqual(jwk.nbf)
    const nobody = await issuer.get('/.well-known/jwt-vc-issuer/authorities/nobody', { as: null })
    expect(nobody.body).toMatchObject({
      status: 404,
      type: 'urn:lexchange:problem:credential-issuer-not-found',
    })
  })

  it('is made anew with each version, one for each, and the last one is given out', async () => {
    const jwk = holderKey()
    const { body } = await issue(application({ claims: { ...CLAIMS, ...SENSITIVE } }))
    const { id } = body.license
    const texts = [body.credential as string]
    async function change(verb: string, more: object = {}) {
      await issuer.post(`/v1/licenses/${id}/${verb}`, { reason: verb, ...more })
      texts.push((await credentialOf(id)).text)
    }
    await change('suspend')
    await change('reinstate')
    await change('amend', { claims: { contactPhone: null, domicile: '示例路 2 号' }, cnf: { jwk } })
    await change('amend', { cnf: null })
    await change('revoke')
    const versions = await versionsOf(id)
    expect(
      versions.map(({ version, issue, superseded_at }) => [version, issue, superseded_at]),
    ).toEqual([1, 2, 3, 4, 5, 6].map((version) => [version, 1, null]))
    const parts = texts.map(takeApart)
    expect(versions.map(({ credential }) => credential)).toEqual(parts.map(({ jwt }) => `${jwt}~`))
    expect(parts.map(({ payload }) => payload.version)).toEqual([1, 2, 3, 4, 5, 6])
    // One entry for good, a salt for once.
    expect(new Set(parts.map(({ payload }) => JSON.stringify(payload.status))).size).toBe(1)
    const salts = parts.flatMap(({ hidden }) => hidden.map(([salt]) => salt))
    expect(new Set(salts).size).toBe(salts.length)
    expect(parts[3]?.payload).toMatchObject({ claims: { domicile: '示例路 2 号' }, cnf: { jwk } })
    expect(parts[3]?.hidden.map(([, name]) => name)).not.toContain('contactPhone')
    expect(parts[4]?.payload).not.toHaveProperty('cnf')
    const given = await credentialOf(id)
    expect([given.status, given.text]).toEqual([200, texts[5]])
    expect(given.headers).toMatchObject({
      'content-type': 'application/dc+sd-jwt',
      'cache-control': 'no-store',
      etag: '"6.1"',
    })
  })

  it('is given to its authority and to its holder, and to nobody else', async () => {
    const asked = application()
    const { body } = await issue(asked)
    const { id } = body.license
    const other = (await issue(application())).body.license.id
    const holder = await issuer.holder(asked.holder.uscc)
    expect((await credentialOf(id, holder)).text).toBe(body.credential)
    for (const refused of [
      await credentialOf(other, holder),
      await credentialOf(id, { as: 'beijing' }),
      await credentialOf(crypto.randomUUID()),
    ])
      expect(refused.body).toMatchObject({
        status: 404,
        type: 'urn:lexchange:problem:license-not-found',
      })
    expect((await credentialOf(id, { as: 'tax' })).status).toBe(403)
    expect((await credentialOf(id, { as: 'bank' })).status).toBe(403)
    expect((await credentialOf(id, { as: null })).status).toBe(401)
    expect((await issuer.get(`/v1/licenses/${id}`, holder)).status).toBe(403)
  })

  it('comes with an import as well, whatever the status', async () => {
    const imports = importsOf(issuer)
    const lines = [row(), row({ status: 'revoked' }), row({ status: 'suspended' })]
    expect(await imports.imported(lines)).toMatchObject({ imported: 3, rejected: 0 })
    for (const { holder } of lines) {
      const { id } = await issuer.db
        .selectFrom('license')
        .select('id')
        .where('number', '=', holder.uscc)
        .executeTakeFirstOrThrow()
      const { text } = await credentialOf(id, { as: 'national' })
      expect(takeApart(text).payload).toMatchObject({ licenseId: id, number: holder.uscc })
    }
  })
})

describe('what does not fit into a credential', () => {
  const holder = application().holder
  const wide = '\u{20000}'.repeat(256)
  it.each([
    [
      'a name with a control character',
      { holder: { ...holder, name: 'a\u0007b' } },
      400,
      'request-invalid',
    ],
    [
      'a name that turns the direction',
      { holder: { ...holder, name: 'a\u202eb' } },
      400,
      'request-invalid',
    ],
    [
      'a name with a zero-width character',
      { holder: { ...holder, name: 'a\u200bb' } },
      400,
      'request-invalid',
    ],
    [
      'a claim that turns the direction',
      { claims: { ...CLAIMS, name: 'a\u2066b' } },
      422,
      'claims-invalid',
    ],
    [
      'a claim longer than its schema',
      { claims: { ...CLAIMS, name: 'x'.repeat(257) } },
      422,
      'claims-invalid',
    ],
    [
      'a key that is no point of the curve',
      { cnf: { jwk: { ...holderKey(), y: 'A'.repeat(43) } } },
      400,
      'request-invalid',
    ],
    [
      'more than 64 KiB of claims',
      { claims: { ...CLAIMS, beneficialOwners: Array(100).fill(wide) } },
      422,
      'credential-too-large',
    ],
  ])('refuses %s: nothing is signed and nothing stored', async (_, changes, status, code) => {
    const before = await issuer.countRows()
    issuer.away.signed = 0
    const { body } = await issue(application(changes))
    expect(body).toMatchObject({ status, type: `urn:lexchange:problem:${code}` })
    expect(await issuer.countRows()).toEqual(before)
    expect(issuer.away.signed).toBe(0)
  })

  it('refuses a change that would not fit, and the version before stays', async () => {
    const { body } = await issue(application())
    const before = await issuer.countRows()
    const change = { reason: 'x', claims: { beneficialOwners: Array(100).fill(wide) } }
    const answer = await issuer.post(`/v1/licenses/${body.license.id}/amend`, change)
    expect(answer.body).toMatchObject({
      status: 422,
      type: 'urn:lexchange:problem:credential-too-large',
    })
    expect(await issuer.countRows()).toEqual(before)
    expect((await credentialOf(body.license.id)).text).toBe(body.credential)
  })

  it('refuses a row of an import by itself', async () => {
    const imports = importsOf(issuer)
    const claims = { ...CLAIMS, beneficialOwners: Array(60).fill(wide) }
    const answer = await imports.imported([row(), row({ claims }), row()])
    expect(answer).toMatchObject({ imported: 2, rejected: 1, errors: [{ row: 2 }] })
    expect((await issuer.countRows())?.intents).toBe('0')
  })
})
