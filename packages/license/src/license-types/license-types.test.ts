import { DomainError } from '@lexchange/problems'
import { describe, expect, it } from 'vitest'

import { checkUscc } from '../uscc.ts'
import {
  checkClaims,
  findLicenseType,
  getLicenseType,
  licenseTypes,
  publicClaims,
} from './index.ts'

const businessLicense = getLicenseType('business-license')

const complete = {
  name: '腾讯科技（深圳）有限公司',
  enterpriseType: 'limited-liability-company',
  legalRepresentative: '马化腾',
  registeredCapital: { amount: '2000000.00', currency: 'USD' },
  establishedOn: '2000-02-29',
  businessScope: '从事计算机软硬件的技术开发',
  domicile: '深圳市南山区高新区',
  legalRepresentativeId: 'synthetic-0001',
  contactPhone: '+8675586013388',
  beneficialOwners: ['甲', '乙'],
  settlementAccount: '4000023009027300212A',
}

const pointers = (claims: unknown) =>
  checkClaims(businessLicense, claims).map(({ pointer }) => pointer)

describe('licenseTypes', () => {
  it('holds the three types', () => {
    expect(licenseTypes.map(({ code }) => code)).toEqual([
      'business-license',
      'food-operation-permit',
      'construction-qualification',
    ])
  })

  it.each(licenseTypes)(
    'classifies every claim of $code, and its name as public',
    (licenseType) => {
      const { classification, claims, nationalType } = licenseType
      expect(Object.keys(classification).sort()).toEqual(Object.keys(claims.properties).sort())
      expect(claims.required).toEqual(
        Object.keys(classification).filter((field) => classification[field] === 'public'),
      )
      expect(classification.name).toBe('public')
      expect(new Set(Object.values(classification))).toEqual(
        new Set(['public', 'personal', 'secret']),
      )
      expect(checkUscc(nationalType.slice(0, 18))).toEqual({ ok: true })
      expect(nationalType.slice(18)).toMatch(/^[0-9]{3}$/)
    },
  )

  it('classifies the business license as the API says', () => {
    const of = (wanted: string) =>
      Object.entries(businessLicense.classification)
        .filter(([, classification]) => classification === wanted)
        .map(([field]) => field)
    expect(of('public')).toEqual([
      'name',
      'enterpriseType',
      'legalRepresentative',
      'registeredCapital',
      'establishedOn',
      'businessScope',
      'domicile',
    ])
    expect(of('personal')).toEqual(['legalRepresentativeId', 'contactPhone'])
    expect(of('secret')).toEqual(['beneficialOwners', 'settlementAccount'])
    expect(businessLicense.nationalType).toBe('11100000MB0143028R001')
  })

  it('knows only its own codes', () => {
    expect(findLicenseType('business-license')).toBe(businessLicense)
    expect(findLicenseType('constructor')).toBeUndefined()
    expect(() => getLicenseType('fishing-license')).toThrow(DomainError)
    expect(() => getLicenseType('fishing-license')).toThrow(
      expect.objectContaining({ code: 'license-type-unknown', kind: 'rule-violated' }),
    )
  })
})

describe('checkClaims', () => {
  it('passes all claims, and the seven required ones alone', () => {
    expect(checkClaims(businessLicense, complete)).toEqual([])
    expect(checkClaims(businessLicense, publicClaims(businessLicense, complete))).toEqual([])
  })

  it('asks for the seven public claims', () => {
    expect(checkClaims(businessLicense, {})).toEqual(
      Object.keys(publicClaims(businessLicense, complete)).map((field) => ({
        pointer: `/${field}`,
        detail: 'is required',
      })),
    )
  })

  it.each([null, 7, 'text', []])('refuses %j', (claims) => {
    expect(checkClaims(businessLicense, claims)).toEqual([
      { pointer: '', detail: 'must be object' },
    ])
  })

  it('refuses unknown claims, however many, with escaped pointers', () => {
    expect(pointers({ ...complete, 'a/b~c': 1 })).toEqual(['/a~1b~0c'])
    expect(
      pointers({ ...complete, registeredCapital: { amount: '1', currency: 'CNY', x: 1 } }),
    ).toEqual(['/registeredCapital/x'])
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`x${index}`, 1]))
    expect(pointers({ ...complete, ...many }).length).toBeGreaterThan(0)
    expect(pointers(JSON.parse('{"__proto__": 1}'))).toContain('/__proto__')
  })

  const refused: [string, unknown, string?][] = [
    ['name', ''],
    ['name', '  '],
    ['name', 7],
    ['name', null],
    ['name', 'a\u0000b'],
    ['name', 'a\nb'],
    ['name', 'a\u202eb'],
    ['name', 'a\u200bb'],
    ['name', 'a\u2028b'],
    ['name', '\ud800'],
    ['name', '名'.repeat(257)],
    ['name', `e${'\u0301'.repeat(300)}`],
    ['enterpriseType', 'Limited'],
    ['enterpriseType', `a${'-a'.repeat(40)}`],
    ['establishedOn', '2023-02-29'],
    ['establishedOn', '2023-2-9'],
    ['establishedOn', '2023-01-01T00:00:00Z'],
    ['contactPhone', '075586013388'],
    ['contactPhone', '+0755'],
    ['contactPhone', '+86 755 86013388'],
    ['settlementAccount', ''],
    ['settlementAccount', '6222-0001'],
    ['settlementAccount', '1'.repeat(65)],
    ['beneficialOwners', '甲'],
    ['beneficialOwners', ['甲', ''], '/beneficialOwners/1'],
    ['beneficialOwners', Array.from({ length: 101 }, () => '甲')],
    ['registeredCapital', '1000.00'],
    ['registeredCapital', { amount: 1000, currency: 'CNY' }, '/registeredCapital/amount'],
    ['registeredCapital', { amount: '-1', currency: 'CNY' }, '/registeredCapital/amount'],
    ['registeredCapital', { amount: '01', currency: 'CNY' }, '/registeredCapital/amount'],
    ['registeredCapital', { amount: '1e9', currency: 'CNY' }, '/registeredCapital/amount'],
    ['registeredCapital', { amount: '1', currency: 'RMB' }, '/registeredCapital/currency'],
    ['registeredCapital', { amount: '1', currency: 'cny' }, '/registeredCapital/currency'],
    ['registeredCapital', { amount: '1' }, '/registeredCapital/currency'],
  ]
  it.each(refused)('refuses as %s %j', (field, value, pointer = `/${field}`) => {
    expect(pointers({ ...complete, [field]: value })).toEqual([pointer])
  })

  it('says what it expects, and never repeats a value', () => {
    const secret = '6222 0200 1234'
    const faults = checkClaims(businessLicense, { ...complete, settlementAccount: secret })
    expect(faults).toEqual([
      {
        pointer: '/settlementAccount',
        detail: 'must be an account number of 1 to 64 letters and digits',
      },
    ])
  })

  it('takes the longest values', () => {
    const longest = { ...complete, name: '𠮷'.repeat(256), businessScope: '营'.repeat(4000) }
    expect(checkClaims(businessLicense, longest)).toEqual([])
  })

  it('takes only currencies that the runtime knows too', () => {
    const { anyOf, enum: codes } = (
      businessLicense.claims.properties.registeredCapital as unknown as {
        properties: { currency: { anyOf?: unknown; enum: string[] } }
      }
    ).properties.currency
    expect(anyOf).toBeUndefined()
    const known = new Set(Intl.supportedValuesOf('currency'))
    expect(codes.filter((code) => !known.has(code))).toEqual([])
  })
})

describe('publicClaims', () => {
  it('lets nothing through but public claims', () => {
    const { legalRepresentativeId, contactPhone, beneficialOwners, settlementAccount, ...rest } =
      complete
    expect(publicClaims(businessLicense, complete)).toEqual(rest)
    expect([legalRepresentativeId, contactPhone, beneficialOwners, settlementAccount]).toHaveLength(
      4,
    )
    expect(publicClaims(businessLicense, { toString: 1, unknown: 2 })).toEqual({})
  })
})
