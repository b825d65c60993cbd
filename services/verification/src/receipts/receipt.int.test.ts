import { hashRequest, presentCredential, verifyReceipt } from '@lexchange/credentials'
import { compactVerify, createLocalJWKSet } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { license } from '../../test/license-events.ts'
import { type Served, startWithIssuer } from '../../test/start-with-issuer.ts'
import { SENSITIVE } from '../../test/test-issuer.ts'

let served: Served
let jwks: { keys: Record<string, string>[] }
let own: { credential: string; licenseId: string }

beforeAll(async () => {
  served = await startWithIssuer()
  jwks = (await served.verification.app.inject('/v1/receipts/keys')).json()
  const issued = await served.issueLicense()
  own = { credential: issued.credential, licenseId: String(issued.license.licenseId) }
})
afterAll(() => served.stop())

const request = (asked: object, changes: object = {}) => ({
  license: asked,
  purpose: 'tendering',
  caseRef: 'SZ-2026-0117',
  receipt: true,
  ...changes,
})
const byNumber = { type: license.type, number: license.number }

async function post(body: object) {
  const answer = await served.post('/v1/verifications', body)
  expect(answer.code).toBe(200)
  return answer.body
}

function bodyOf(receipt: string) {
  const checked = verifyReceipt(receipt, jwks as never)
  if (!checked.ok) throw new Error(checked.code)
  return checked.value.body as Record<string, unknown>
}

const checksOf = (checks: { check: string; result: string; code: string }[]) =>
  checks.map(({ check, result, code }) => ({ check, result, code }))

describe('a receipt', () => {
  it('says what was found, for a check by number, id and credential', async () => {
    const known = { id: license.licenseId, type: license.type, version: 2 }
    const list = { uri: served.shenzhen.listUri, index: 7 }
    const cases = [
      [byNumber, known, null],
      [{ id: license.licenseId.toUpperCase() }, known, null],
      [{ credential: own.credential }, { id: own.licenseId, type: license.type, version: 1 }, list],
    ] as const
    for (const [asked, about, statusList] of cases) {
      const sent = request(asked)
      const { receipt, checks, ...answer } = await post(sent)
      expect(bodyOf(receipt)).toEqual({
        iss: 'http://127.0.0.1:7003',
        jti: answer.verificationId,
        iat: expect.any(Number),
        requestHash: hashRequest(sent),
        verdict: 'valid',
        status: 'active',
        checks: checksOf(checks),
        license: about,
        statusList,
        asOf: answer.asOf,
        position: answer.position,
        stale: false,
        agreement: 'tendering',
        purpose: 'tendering',
        caseRef: 'SZ-2026-0117',
        client: 'tendering-department',
        department: 'tendering',
      })
      const age = Date.now() / 1000 - Number(bodyOf(receipt).iat)
      expect(age).toBeLessThan(30)
    }
  })

  it('is about the version at the time that was asked for', async () => {
    const then = await post(request(byNumber, { at: '2026-02-01T00:00:00.000Z' }))
    expect(bodyOf(then.receipt)).toMatchObject({
      asOf: '2026-02-01T00:00:00.000Z',
      license: { version: 1 },
    })
  })

  it('is given as well for what is unknown or forged', async () => {
    const nobody = await post(request({ type: 'business-license', number: 'nobody' }))
    expect(bodyOf(nobody.receipt)).toMatchObject({
      ...{ verdict: 'unknown', status: 'unknown', license: null, statusList: null },
    })
    const forged = await post(request({ credential: own.credential.slice(0, -5) }))
    expect(bodyOf(forged.receipt)).toMatchObject({ verdict: 'invalid', status: null })
    const nonsense = await post(request({ credential: 'nonsense' }))
    expect(bodyOf(nonsense.receipt)).toMatchObject({ verdict: 'invalid', license: null })
    const before = await post(request(byNumber, { at: '2020-01-01T00:00:00.000Z' }))
    expect(bodyOf(before.receipt)).toMatchObject({ verdict: 'unknown', license: null })
  })

  it('is given only to those who ask for it', async () => {
    for (const receipt of [false, undefined])
      expect(await post({ ...request(byNumber), receipt })).not.toHaveProperty('receipt')
  })

  it('is given for the items of a batch that ask for it', async () => {
    const items = [
      request(byNumber),
      request({ credential: own.credential }, { receipt: false }),
      request({ credential: own.credential }),
      { ...request(byNumber), caseRef: undefined },
      request({ type: 'business-license', number: 'nobody' }),
    ]
    const { body } = await served.post('/v1/verifications/batch', { items })
    const receipts = body.items.map(({ receipt }: { receipt?: string }) => receipt)
    expect(receipts.map((receipt?: string) => receipt !== undefined)).toEqual([
      ...[true, false, true, false, true],
    ])
    const verdicts = [0, 2, 4].map((index) => bodyOf(receipts[index]))
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(['valid', 'valid', 'unknown'])
    expect(verdicts.map(({ requestHash }) => requestHash)).toEqual(
      [0, 2, 4].map((index) => hashRequest(items[index])),
    )
    expect(new Set(verdicts.map(({ jti }) => jti)).size).toBe(3)
  })

  it('holds the hash of the request, in whatever order its members stand', async () => {
    const match = { name: 'x', legalRepresentative: '张三' }
    const sent = request(byNumber, { match, disclose: ['name'] })
    const turned = Object.fromEntries(
      Object.entries({
        ...sent,
        license: { number: license.number, type: license.type },
        match: { legalRepresentative: '张三', name: 'x' },
      }).reverse(),
    )
    const hashes = [await post(sent), await post(turned)].map(
      ({ receipt }) => bodyOf(receipt).requestHash,
    )
    expect(hashes).toEqual([hashRequest(sent), hashRequest(sent)])
    const other = await post(request(byNumber, { match: { ...match, name: 'y' } }))
    expect(bodyOf(other.receipt).requestHash).not.toBe(hashes[0])
  })

  it('holds no value of a claim, neither found nor asked for', async () => {
    const fields = {
      match: { name: '厦门示例有限公司', contactPhone: SENSITIVE.contactPhone, domicile: '路 7' },
      disclose: ['businessScope', 'legalRepresentativeId', 'beneficialOwners', 'registeredCapital'],
      holderBinding: { audience: 'https://bank.example', nonce: 'the-nonce' },
    }
    const shown = presentCredential(own.credential, Object.keys(SENSITIVE))
    const { receipt, disclosed } = await post(request({ credential: shown }, fields))
    expect(disclosed.beneficialOwners).toEqual(SENSITIVE.beneficialOwners)
    const text = JSON.stringify(bodyOf(receipt))
    const header = Buffer.from(receipt.split('.')[0], 'base64url').toString()
    for (const value of [
      ...Object.values(SENSITIVE).flat(),
      ...['厦门示例有限公司', '路 7', '软件开发', '1000.00', '张三', 'the-nonce', license.number],
    ])
      expect(`${header}${text}`).not.toContain(value)
  })

  it('is checked by the published keys alone, also with jose', async () => {
    const { receipt } = await post(request(byNumber))
    const verified = await compactVerify(receipt, createLocalJWKSet(jwks as never))
    expect(verified.protectedHeader).toEqual({
      ...{ alg: 'ES256', typ: 'lexchange-receipt+jwt', kid: 'receipts-1' },
    })
    expect(JSON.parse(new TextDecoder().decode(verified.payload))).toEqual(bodyOf(receipt))
  })

  it('is refused with any byte of it changed', async () => {
    const { receipt } = await post(request(byNumber))
    for (let position = 0; position < receipt.length; position++) {
      const other = String.fromCharCode(receipt.charCodeAt(position) ^ 1)
      const changed = receipt.slice(0, position) + other + receipt.slice(position + 1)
      expect(verifyReceipt(changed, jwks as never).ok).toBe(false)
    }
  })

  it('is refused, with the request, for text that has no canonical form', async () => {
    for (const changes of [
      { match: { name: '\ud800' } },
      { license: { credential: `${own.credential}\udfff` } },
      { license: { type: 'business-license', number: '\ud800' } },
    ]) {
      const { code, body } = await served.post('/v1/verifications', request(byNumber, changes))
      expect([code, body.type]).toEqual([400, 'urn:lexchange:problem:request-invalid'])
    }
  })
})
