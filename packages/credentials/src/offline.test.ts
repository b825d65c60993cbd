import { describe, expect, it } from 'vitest'

import {
  findKey,
  holderKeys,
  ISSUED_AT,
  ISSUER,
  issueCredential,
  issuerKeys,
  issueStatusList,
  jwkOf,
  KID,
  LIST,
  NOW,
  sampleInput,
  signRaw,
  trustList,
} from '../test/sample.ts'
import {
  type CheckName,
  type CheckResult,
  check,
  createKeyBinding,
  credentialVerdict,
  type OfflineQuestion,
  signEs256,
  type TrustList,
  verifyOffline,
  verifyStatusListToken,
} from './index.ts'

const credential = issueCredential()
const statusList = issueStatusList()
const ask = (changes: Partial<OfflineQuestion> = {}) =>
  verifyOffline({ credential, statusList, trustList, at: NOW, now: NOW, ...changes })

function outcome(name: CheckName, changes: Partial<OfflineQuestion>) {
  const { verdict, checks } = ask(changes)
  const found = checks.find((each) => each.check === name)
  return `${verdict}: ${found?.result} ${found?.code}`
}

const [entry] = trustList.issuers as [TrustList['issuers'][number]]
const [entitlement] = entry.entitlements as [(typeof entry.entitlements)[number]]
const trusting = (changes: Partial<typeof entry>): Partial<OfflineQuestion> => ({
  trustList: { ...trustList, issuers: [{ ...entry, ...changes }] },
})
const entitled = (changes: Partial<typeof entitlement>) =>
  trusting({ entitlements: [{ ...entitlement, ...changes }] })

describe('verifyOffline', () => {
  it('is valid with all that is needed, and says how old that is', () => {
    const { verdict, checks, ageSeconds, credential: verified } = ask({ now: NOW + 30 })
    expect(verdict).toBe('valid')
    expect(checks.map(({ check, result, code }) => `${check} ${result} ${code}`)).toEqual([
      'signature pass signature-valid',
      'issuer pass issuer-entitled',
      'validity pass validity-valid',
      'status pass status-valid',
      'disclosures pass disclosures-valid',
      'holder-binding skipped holder-binding-not-requested',
    ])
    expect(ageSeconds).toEqual({ statusList: 90, trustList: 150 })
    expect(verified?.processed?.number).toBe(sampleInput.plain.number)
  })

  it('takes a list that was verified before', () => {
    const list = verifyStatusListToken(statusList, { uri: LIST, issuer: ISSUER, findKey, at: NOW })
    if (!list.ok) throw new Error(list.code)
    expect(ask({ statusList: list.value }).verdict).toBe('valid')
    const later = { statusList: list.value, at: NOW + 3600 }
    expect(outcome('status', later)).toBe('indeterminate: not-checkable status-list-expired')
    const other = { statusList: { ...list.value, uri: 'other' } }
    expect(outcome('status', other)).toBe('indeterminate: not-checkable status-list-mismatch')
  })

  it('is invalid for a status that says so', () => {
    const listed = (status: number) => ({ statusList: issueStatusList([[5, status]]) })
    expect(outcome('status', listed(1))).toBe('invalid: fail status-invalid')
    expect(outcome('status', listed(2))).toBe('invalid: fail status-suspended')
    expect(outcome('status', listed(3))).toBe('indeterminate: not-checkable status-value-unknown')
  })

  it('is indeterminate when the status cannot be checked, never revoked and never valid', () => {
    const cases: [Partial<OfflineQuestion>, string][] = [
      [{ statusList: undefined }, 'status-list-missing'],
      [{ statusList: issueStatusList([], { expires: NOW }) }, 'status-list-expired'],
      [{ statusList: issueStatusList([], { issuedAt: NOW + 61 }) }, 'status-list-later'],
      [{ statusList: issueStatusList([[5, 1]], { uri: 'other' }) }, 'status-list-mismatch'],
      [{ statusList: issueStatusList([[5, 1]], {}, holderKeys) }, 'signature-invalid'],
      [{ statusList: issueStatusList([], { kid: 'x' }) }, 'key-unknown'],
      [{ statusList: 'junk' }, 'status-list-malformed'],
      [
        { credential: issueCredential({ status: { uri: LIST, index: 2 ** 40 } }) },
        'status-index-out-of-range',
      ],
      [
        { credential: issueCredential({ status: { uri: LIST, index: 1000 } }) },
        'status-index-out-of-range',
      ],
    ]
    for (const [changes, code] of cases) {
      expect(outcome('status', changes)).toBe(`indeterminate: not-checkable ${code}`)
      expect(ask(changes).ageSeconds.statusList).toBe(
        code === 'status-index-out-of-range' ? 60 : undefined,
      )
    }
    const payload = {
      iss: ISSUER,
      vct: 'x',
      iat: ISSUED_AT,
      type: 'business-license',
      region: '440300',
    }
    for (const status of [
      undefined,
      {},
      { status_list: { idx: -1, uri: LIST } },
      { status_list: { idx: '5', uri: LIST } },
      { status_list: { idx: 5 } },
    ]) {
      const without = { credential: signRaw({ ...payload, status }) }
      expect(outcome('status', without)).toBe('indeterminate: not-checkable status-not-referenced')
    }
  })

  it('wants an issuer that is listed and was entitled when it issued', () => {
    expect(outcome('issuer', { trustList: { ...trustList, issuers: [] } })).toBe(
      'invalid: fail issuer-unknown',
    )
    const refused = 'invalid: fail issuer-not-entitled'
    expect(outcome('issuer', entitled({ licenseTypes: ['food-operation-permit'] }))).toBe(refused)
    expect(outcome('issuer', entitled({ region: '110000' }))).toBe(refused)
    expect(outcome('issuer', entitled({ region: '440306' }))).toBe(refused)
    expect(outcome('issuer', trusting({ entitlements: [] }))).toBe(refused)
    const time = (seconds: number) => new Date(seconds * 1000).toISOString()
    expect(outcome('issuer', entitled({ to: time(ISSUED_AT) }))).toBe(refused)
    expect(outcome('issuer', entitled({ from: time(ISSUED_AT + 1) }))).toBe(refused)
    for (const good of [
      { to: time(ISSUED_AT + 1) },
      { from: time(ISSUED_AT) },
      { region: '100000' },
      { region: '440300' },
    ]) {
      expect(outcome('issuer', entitled(good))).toBe('valid: pass issuer-entitled')
    }
    const vague = signRaw({
      iss: ISSUER,
      vct: 'x',
      iat: ISSUED_AT,
      status: { status_list: { idx: 5, uri: LIST } },
    })
    expect(outcome('issuer', { credential: vague })).toBe(
      'indeterminate: not-checkable issuer-scope-unknown',
    )
  })

  it('tells a key that is unknown from one that is compromised', () => {
    expect(outcome('signature', trusting({ jwks: { keys: [] } }))).toBe(
      'indeterminate: not-checkable key-unknown',
    )
    const key = { ...jwkOf(issuerKeys), kid: KID }
    const revoked = (revoked_at: number) =>
      trusting({ jwks: { keys: [{ ...key, revoked: { revoked_at } }] } })
    expect(outcome('signature', revoked(ISSUED_AT))).toBe('invalid: fail key-compromised')
    expect(outcome('signature', revoked(NOW))).toBe('valid: pass signature-valid')
    const early = trusting({ jwks: { keys: [{ ...key, nbf: ISSUED_AT + 1 }] } })
    expect(outcome('signature', early)).toBe('invalid: fail key-not-yet-valid')
  })

  it('skips what an unsigned content says', () => {
    const { checks, verdict } = ask({
      credential: credential.replace(/\.[^.~]{86}~/, `.${'A'.repeat(86)}~`),
    })
    expect(verdict).toBe('invalid')
    expect(checks.slice(1).every(({ result }) => result === 'skipped')).toBe(true)
  })

  it('checks the holder', () => {
    const keyBinding = { aud: 'a', nonce: 'n' }
    expect(outcome('holder-binding', { keyBinding })).toBe('invalid: fail holder-binding-missing')
    const sign = (data: Uint8Array) => signEs256(holderKeys.privateKey, data)
    const bound = createKeyBinding(credential, { ...keyBinding, iat: NOW }, sign)
    expect(outcome('holder-binding', { credential: bound, keyBinding })).toBe(
      'valid: pass holder-binding-valid',
    )
  })

  it('refuses a trust list that is not whole', () => {
    for (const broken of [
      {},
      { asOf: 'x', issuers: [] },
      { ...trustList, issuers: {} },
      { ...trustList, issuers: [{}] },
      { ...trustList, issuers: [null] },
      null,
    ]) {
      expect(() => ask({ trustList: broken as never })).toThrow('not whole')
    }
  })
})

describe('credentialVerdict', () => {
  const results = (...given: CheckResult[]) =>
    credentialVerdict([
      check('signature', 'pass', 'signature-valid', ''),
      ...given.map((result) => check('status', result, 'status-valid', '')),
    ])

  it('lets a failure outweigh all, and what could not be checked outweigh the rest', () => {
    expect(results('pass', 'skipped')).toBe('valid')
    expect(results('pass', 'not-checkable')).toBe('indeterminate')
    expect(results('fail', 'not-checkable')).toBe('invalid')
  })

  it('leaves match out', () => {
    const match = check('match', 'fail', 'status-valid', '')
    expect(credentialVerdict([check('signature', 'pass', 'signature-valid', ''), match])).toBe(
      'valid',
    )
  })

  it('is never valid without a signature', () => {
    expect(credentialVerdict([])).toBe('indeterminate')
    expect(credentialVerdict([check('status', 'pass', 'status-valid', '')])).toBe('indeterminate')
    expect(credentialVerdict([check('signature', 'skipped', 'signature-not-verified', '')])).toBe(
      'indeterminate',
    )
  })
})
