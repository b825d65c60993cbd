import { DomainError } from '@lexchange/problems'
import { describe, expect, it } from 'vitest'

import { type Application, issue } from './issue-license.ts'
import { getLicenseType } from './license-types/index.ts'

const now = new Date('2026-11-24T01:00:00.000Z')
const uscc = '914403001922038216'
const name = '华为技术有限公司'
const legacy = '91350203M0001QAY9B'

const application: Application = {
  holder: { kind: 'enterprise', uscc, name },
  validFrom: now,
  validUntil: null,
  claims: {
    name,
    enterpriseType: 'limited-liability-company',
    legalRepresentative: '赵明路',
    registeredCapital: { amount: '1000.00', currency: 'CNY' },
    establishedOn: '1987-09-15',
    businessScope: '程控交换机',
    domicile: '深圳市龙岗区坂田',
  },
}

const food: Application = {
  ...application,
  number: 'JY14403000000012',
  claims: {
    name,
    legalRepresentative: '赵明路',
    domicile: '深圳市龙岗区坂田',
    premises: '深圳市龙岗区坂田 A1',
    businessForm: 'canteen',
    businessItems: ['热食类食品制售'],
  },
}

const decide = (type: string, given: Partial<Application>, acceptLegacyUscc?: boolean) =>
  issue(getLicenseType(type), { ...application, ...given }, { now, acceptLegacyUscc })

function refusal(call: () => unknown) {
  try {
    call()
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return [error.code, error.kind, error.errors?.[0]?.pointer]
  }
  return undefined
}

describe('issue', () => {
  it('makes the first version of a business license, numbered by the USCC', () => {
    const { number: _, ...rest } = application
    expect(decide('business-license', {})).toEqual({
      number: uscc,
      first: { version: 1, event: 'issued', status: 'active', effectiveAt: now, ...rest },
    })
    expect(decide('business-license', { number: uscc }).number).toBe(uscc)
  })

  it('takes the number that the authority gives to other types', () => {
    expect(decide('food-operation-permit', food).number).toBe('JY14403000000012')
    expect(
      decide('construction-qualification', {
        number: 'D144000001',
        claims: {
          name,
          legalRepresentative: '赵明路',
          registeredCapital: { amount: '1000', currency: 'CNY' },
          domicile: '深圳市',
          qualifications: [{ category: '建筑工程施工总承包', grade: 'special' }],
          annualTurnover: { amount: '0.5', currency: 'USD' },
        },
      }).number,
    ).toBe('D144000001')
  })

  it('takes the status and the past of an import', () => {
    const issuedAt = new Date('2001-01-01T00:00:00.000Z')
    expect(decide('business-license', { issuedAt, status: 'suspended' }).first).toMatchObject({
      effectiveAt: issuedAt,
      status: 'suspended',
    })
  })

  it('takes codes of the early pilot only when asked to', () => {
    const holder = { kind: 'enterprise', uscc: legacy, name } as const
    expect(decide('business-license', { holder }, true).number).toBe(legacy)
    expect(refusal(() => decide('business-license', { holder }))?.[0]).toBe('uscc-invalid')
    const wrong = { ...holder, uscc: '91350203M0001QAY8B' }
    expect(refusal(() => decide('business-license', { holder: wrong }, true))?.[0]).toBe(
      'uscc-invalid',
    )
  })

  const day = new Date('2026-01-01T00:00:00.000Z')
  const future = new Date(now.getTime() + 1)
  const refused: [string, string, Partial<Application>][] = [
    ['holder-not-allowed', '/holder/kind', { holder: { kind: 'person', idNumber: '1', name } }],
    ['uscc-invalid', '/holder/uscc', { holder: { kind: 'enterprise', uscc: 'x', name } }],
    ['license-number-mismatch', '/number', { number: '9144030071526726XG' }],
    ['validity-invalid', '/validUntil', { validUntil: day }],
    ['validity-invalid', '/validUntil', { validUntil: now }],
    ['validity-invalid', '/validUntil', { validUntil: new Date(Date.UTC(10_000, 0)) }],
    ['validity-invalid', '/validFrom', { validFrom: new Date('0000-01-01T00:00:00.000Z') }],
    ['validity-invalid', '/validFrom', { validFrom: new Date(Number.NaN) }],
    ['validity-invalid', '/issuedAt', { issuedAt: new Date(Number.NaN) }],
    ['effective-at-in-future', '/issuedAt', { issuedAt: future }],
    ['claims-invalid', '/claims/name', { claims: { ...application.claims, name: '' } }],
  ]
  it.each(refused)('answers %s at %s', (code, pointer, given) => {
    expect(refusal(() => decide('business-license', given))).toEqual([
      code,
      'rule-violated',
      pointer,
    ])
  })

  it.each([
    undefined,
    '',
    'a b',
    ' a',
    'a\u3000b',
    'a\u0000',
    'a\u202e',
    '\ud800',
    '.',
    '..',
    'x'.repeat(65),
  ])('finds no number in %j', (number) => {
    expect(refusal(() => decide('food-operation-permit', { ...food, number }))).toEqual([
      'license-number-invalid',
      'rule-violated',
      '/number',
    ])
  })

  it.each(['1', '粤ICP备-12/3', '..a', '𠮷'.repeat(64)])('takes the number %s', (number) => {
    expect(decide('food-operation-permit', { ...food, number }).number).toBe(number)
  })
})
