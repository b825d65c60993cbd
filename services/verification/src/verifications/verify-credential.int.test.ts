import { createKeyBinding, presentCredential } from '@lexchange/credentials'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { codeOf, resultsOf, type Served, startWithIssuer } from '../../test/start-with-issuer.ts'
import { createIssuerKey, type IssuerKey, SENSITIVE } from '../../test/test-issuer.ts'

let served: Served

beforeAll(async () => {
  served = await startWithIssuer()
})
afterAll(() => served.stop())

const FROM = '2026-01-02T00:00:00.000Z'
const names = Object.keys(SENSITIVE)
const at = (time: string) => ({ at: time })

describe('verifyCredential', () => {
  it('finds a credential valid with each subset of its disclosures, every check by name', async () => {
    const { credential } = await served.issueLicense()
    for (let subset = 0; subset < 2 ** names.length; subset++) {
      const shown = names.filter((_, index) => subset & (1 << index))
      const answer = await served.verify(presentCredential(credential, shown), { disclose: names })
      expect(answer).toMatchObject({ verdict: 'valid', status: 'active', version: 1 })
      expect(resultsOf(answer)).toEqual([
        'signature: pass, signature-valid',
        'issuer: pass, issuer-entitled',
        'validity: pass, validity-valid',
        'status: pass, status-active',
        'disclosures: pass, disclosures-valid',
        'holder-binding: skipped, holder-binding-not-requested',
      ])
      const expected = Object.entries(SENSITIVE).map(([name, value]) => [
        name,
        shown.includes(name) ? value : null,
      ])
      expect(answer.disclosed).toEqual(Object.fromEntries(expected))
    }
  })

  it('matches and discloses public claims and what the holder shows, and nothing else', async () => {
    const { credential } = await served.issueLicense()
    const match = {
      name: '厦门示例有限公司',
      legalRepresentative: '李四',
      contactPhone: SENSITIVE.contactPhone,
      settlementAccount: SENSITIVE.settlementAccount,
      domicile: '示例路 1 号',
    }
    const disclose = ['businessScope', 'contactPhone', 'settlementAccount']
    const shown = presentCredential(credential, ['contactPhone'])
    const answer = await served.verify(shown, { match, disclose })
    expect(answer).toMatchObject({
      verdict: 'valid',
      match: {
        name: true,
        legalRepresentative: false,
        contactPhone: true,
        settlementAccount: false,
        domicile: false,
      },
    })
    expect(answer.disclosed).toEqual({
      businessScope: '软件开发',
      contactPhone: SENSITIVE.contactPhone,
      settlementAccount: null,
    })
    expect(resultsOf(answer).at(-1)).toBe('match: fail, mismatch')
    const exact = await served.verify(shown, { match: { contactPhone: SENSITIVE.contactPhone } })
    expect(resultsOf(exact).at(-1)).toBe('match: pass, all-match')
  })

  it('refuses fields that licenses of the type do not have', async () => {
    const { credential } = await served.issueLicense()
    for (const asked of [{ disclose: ['name', 'constructor'] }, { match: { nonsense: 'x' } }]) {
      const { code, body } = await served.ask(credential, asked)
      expect([code, body.type]).toEqual([422, 'urn:lexchange:problem:field-unknown'])
    }
  })

  it('says what became of the license: suspended, reinstated, revoked, cancelled', async () => {
    const { license, credential } = await served.issueLicense()
    const other = await served.issueLicense()
    const after = { effectiveAt: '2026-05-01T00:00:00.000Z' }
    await served.publish('suspended', { ...license, ...after, version: 2, status: 'suspended' })
    const suspended = await served.verify(credential)
    expect(suspended).toMatchObject({ verdict: 'invalid', status: 'suspended', version: 2 })
    expect(resultsOf(suspended)[3]).toBe('status: fail, status-suspended')
    expect(codeOf(suspended, 'signature')).toBe('signature-valid')

    const later = { effectiveAt: '2026-06-01T00:00:00.000Z' }
    await served.publish('reinstated', { ...license, ...later, version: 3 })
    const reinstated = await served.verify(credential)
    expect(reinstated).toMatchObject({ verdict: 'valid', status: 'active', version: 3 })

    // Seen before, and its signature kept; its status is not.
    const end = { effectiveAt: '2026-07-01T00:00:00.000Z' }
    await served.publish('revoked', { ...license, ...end, version: 4, status: 'revoked' })
    const revoked = await served.verify(credential)
    expect(revoked).toMatchObject({ verdict: 'invalid', status: 'revoked' })
    expect(resultsOf(revoked)[3]).toBe('status: fail, status-revoked')
    await served.publish('cancelled', {
      ...{ ...other.license, ...end, version: 2, status: 'cancelled' as const },
    })
    const cancelled = await served.verify(other.credential)
    expect(cancelled).toMatchObject({ verdict: 'invalid', status: 'cancelled' })
    expect(resultsOf(cancelled)[3]).toBe('status: fail, status-cancelled')

    const then = await served.verify(credential, at('2026-04-01T00:00:00.000Z'))
    expect(then).toMatchObject({ verdict: 'valid', status: 'active', version: 1 })
    const between = await served.verify(credential, at('2026-05-15T00:00:00.000Z'))
    expect(between).toMatchObject({ verdict: 'invalid', status: 'suspended' })
  })

  it('says by time alone whether it is not yet valid or expired', async () => {
    const { credential } = await served.issueLicense({
      license: { validUntil: '2026-10-01T00:00:00.000Z' },
    })
    const asked = async (time: string) => {
      const answer = await served.verify(credential, at(time))
      return [answer.verdict, answer.status, codeOf(answer, 'validity')]
    }
    expect(await asked('2026-01-01T12:00:00.000Z')).toEqual([
      'invalid',
      'not-yet-valid',
      'credential-not-yet-valid',
    ])
    expect(await asked(FROM)).toEqual(['valid', 'active', 'validity-valid'])
    expect(await asked('2026-09-30T23:59:59.999Z')).toEqual(['valid', 'active', 'validity-valid'])
    expect(await asked('2026-10-01T00:00:00.000Z')).toEqual([
      'invalid',
      'expired',
      'credential-expired',
    ])
    expect(await served.verify(credential)).toMatchObject({ verdict: 'invalid', status: 'expired' })
    const { code } = await served.ask(credential, at('2999-01-01T00:00:00.000Z'))
    expect(code).toBe(422)
  })

  it('says that a newer version has replaced the one presented', async () => {
    const { license, credential } = await served.issueLicense()
    const changed = { ...license, version: 2, effectiveAt: '2026-05-01T00:00:00.000Z' }
    await served.publish('amended', changed)
    const answer = await served.verify(credential)
    expect(answer).toMatchObject({ verdict: 'valid', status: 'active', version: 2 })
    expect(resultsOf(answer)[3]).toBe('status: pass, status-active-newer-version')
    const newer = served.shenzhen.issue({ license: changed })
    expect(resultsOf(await served.verify(newer))[3]).toBe('status: pass, status-active')
    const before = await served.verify(credential, at('2026-04-01T00:00:00.000Z'))
    expect(resultsOf(before)[3]).toBe('status: pass, status-active')
  })

  it('does not guess where the license is not known: indeterminate, and no status', async () => {
    const licenseIds = [
      '01900000-0000-7000-8000-00000000ffff',
      'no uuid',
      '',
      'f'.repeat(5_000),
      undefined,
      7,
    ]
    for (const licenseId of licenseIds) {
      const credential = served.shenzhen.issue({ plain: { licenseId: licenseId ?? null } })
      const answer = await served.verify(credential)
      expect(answer).toMatchObject({ verdict: 'indeterminate', status: null, version: null })
      expect(resultsOf(answer)[3]).toBe('status: not-checkable, license-unknown')
      expect(codeOf(answer, 'signature')).toBe('signature-valid')
    }
    const { credential } = await served.issueLicense()
    const before = await served.verify(credential, at('2025-12-01T00:00:00.000Z'))
    expect(before).toMatchObject({ verdict: 'invalid', status: null })
    expect(codeOf(before, 'status')).toBe('license-unknown')
  })
})

describe('holder binding', () => {
  const AUDIENCE = 'https://bank.example'
  let holder: IssuerKey
  let bound: string
  const asked = { holderBinding: { audience: AUDIENCE, nonce: 'n-1' } }

  beforeAll(async () => {
    holder = await createIssuerKey('holder')
    const { kty, crv, x, y } = holder.jwk
    bound = (await served.issueLicense({ holderKey: { kty, crv, x, y } as never })).credential
  })

  const bind = (changes: object = {}, by: IssuerKey = holder, presented = bound) => {
    const terms = { aud: AUDIENCE, nonce: 'n-1', iat: new Date(), ...changes }
    return createKeyBinding(presented, terms, (bytes) => by.sign(Buffer.from(bytes).toString()))
  }

  it('passes where the holder has answered the nonce for this audience', async () => {
    const answer = await served.verify(bind(), asked)
    expect(answer.verdict).toBe('valid')
    expect(resultsOf(answer)[5]).toBe('holder-binding: pass, holder-binding-valid')
  })

  it('is skipped where nobody asks for it', async () => {
    for (const presented of [bound, bind({ nonce: 'other' })]) {
      const answer = await served.verify(presented)
      expect(answer.verdict).toBe('valid')
      expect(resultsOf(answer)[5]).toBe('holder-binding: skipped, holder-binding-not-requested')
    }
  })

  it('fails for anything else than what was asked for', async () => {
    const thief = await createIssuerKey('thief')
    const unbound = (await served.issueLicense()).credential
    const ago = (seconds: number) => ({ iat: new Date(Date.now() - seconds * 1000) })
    const other = `${bind().slice(0, bind().lastIndexOf('~') + 1)}`
    const fewer = presentCredential(bound, ['contactPhone'])
    const cases: [string, string][] = [
      [bound, 'holder-binding-missing'],
      [other, 'holder-binding-missing'],
      [unbound, 'holder-binding-missing'],
      [bind({ nonce: 'n-2' }), 'key-binding-nonce-mismatch'],
      [bind({ aud: 'https://other.example' }), 'key-binding-audience-mismatch'],
      [bind(ago(400)), 'key-binding-too-old'],
      [bind(ago(-400)), 'key-binding-in-future'],
      [bind({}, thief), 'key-binding-signature-invalid'],
      [bind({}, holder, unbound), 'holder-key-missing'],
      [`${fewer}${bind().slice(bind().lastIndexOf('~') + 1)}`, 'key-binding-hash-mismatch'],
      [`${bound}nonsense`, 'key-binding-malformed'],
    ]
    for (const [presented, code] of cases) {
      const answer = await served.verify(presented, asked)
      expect([answer.verdict, resultsOf(answer)[5]]).toEqual([
        'invalid',
        `holder-binding: fail, ${code}`,
      ])
    }
  })
})
