import type { AgreementEntry } from '@lexchange/contracts'
import { licenseTypes } from '@lexchange/license'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { FieldNotGrantedError, NoAgreementError } from './agreement.errors.ts'
import {
  type Asked,
  covers,
  fieldNotGranted,
  mayDisclose,
  mayMatch,
  pickAgreement,
} from './agreement.ts'

const TYPE = 'business-license'
const NOW = Date.parse('2026-11-24T00:00:00.000Z')

const agreement = (changes: Partial<AgreementEntry> = {}): AgreementEntry => ({
  id: 'tax',
  departmentId: 'tax',
  purpose: 'tax',
  legalBasis: { text: 'x', reference: 'y' },
  licenseTypes: ['*'],
  regions: ['100000'],
  disclose: ['*'],
  match: [],
  quota: {},
  validFrom: '2026-01-01T00:00:00.000Z',
  validUntil: null,
  version: 1,
  state: 'active',
  revision: 1,
  ...changes,
})
const asked = (changes: Partial<Asked> = {}): Asked => ({
  departmentId: 'tax',
  purpose: 'tax',
  type: TYPE,
  region: '440300',
  now: NOW,
  ...changes,
})

const types = [...licenseTypes.map(({ code }) => code), 'unknown-type']
const fields = [
  ...new Set(licenseTypes.flatMap(({ classification }) => Object.keys(classification))),
  'toString',
  'unknownField',
]
const regions = ['100000', '440000', '440300', '440304', '110000']
const times = ['2026-01-01T00:00:00.000Z', '2026-11-24T00:00:00.000Z', '2027-01-01T00:00:00.000Z']
const some = <Value>(values: readonly Value[], minLength = 0) =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength, maxLength: 4 })

const anyAgreement: fc.Arbitrary<AgreementEntry> = fc
  .record({
    departmentId: fc.constantFrom('tax', 'finance'),
    purpose: fc.constantFrom('tax', 'audit'),
    licenseTypes: some(['*', ...types], 1),
    regions: some(regions, 1),
    disclose: some(['*', ...fields]),
    match: some(['*', ...fields]),
    validFrom: fc.constantFrom(...times),
    validUntil: fc.constantFrom(null, ...times),
    state: fc.constantFrom('active' as const, 'suspended' as const, 'ended' as const),
  })
  .map((terms) => agreement(terms))

const anyAsked: fc.Arbitrary<Asked> = fc.record({
  departmentId: fc.constantFrom('tax', 'finance'),
  purpose: fc.constantFrom(undefined, 'tax', 'audit'),
  type: fc.constantFrom(undefined, ...types),
  region: fc.constantFrom(undefined, ...regions),
  now: fc.constantFrom(NOW - 1, NOW, Date.parse('2027-06-01T00:00:00.000Z')),
})

/** The rule once more, by prefixes and lists alone. */
function allowed(one: AgreementEntry, ask: Asked, field: string, as: 'match' | 'disclose') {
  const type = ask.type as string
  const publicFields = licenseTypes
    .filter(({ code }) => code === type)
    .flatMap(({ classification }) =>
      Object.entries(classification).flatMap(([name, kind]) => (kind === 'public' ? [name] : [])),
    )
  const expand = (list: readonly string[]) =>
    list.flatMap((name) => (name === '*' ? publicFields : [name]))
  const prefixes = one.regions.map((code) => (code === '100000' ? '' : code.replace(/(00)+$/, '')))
  return (
    one.state === 'active' &&
    one.departmentId === ask.departmentId &&
    [undefined, one.purpose].includes(ask.purpose) &&
    new Date(ask.now).toISOString() >= one.validFrom &&
    (one.validUntil === null || new Date(ask.now).toISOString() < one.validUntil) &&
    (one.licenseTypes.includes('*') || one.licenseTypes.includes(type)) &&
    prefixes.some((prefix) => (ask.region ?? '').startsWith(prefix)) &&
    [...expand(one.disclose), ...(as === 'match' ? expand(one.match) : [])].includes(field)
  )
}

describe('covers', () => {
  it('holds from validFrom until before validUntil', () => {
    const limited = agreement({ validFrom: times[1] as string, validUntil: times[2] as string })
    const at = (time: number) => covers(limited, asked({ now: time }))
    expect([at(NOW - 1), at(NOW), at(Date.parse(times[2] as string) - 1)]).toEqual([
      false,
      true,
      true,
    ])
    expect(at(Date.parse(times[2] as string))).toBe(false)
  })

  it('grants a region with what lies in it, and nothing beside or above', () => {
    const guangdong = agreement({ regions: ['440000'] })
    const at = (region: string) => covers(guangdong, asked({ region }))
    expect([at('440000'), at('440300'), at('440304')]).toEqual([true, true, true])
    expect([at('100000'), at('450300'), at('000000')]).toEqual([false, false, false])
  })

  it('grants nothing while suspended or ended, and nothing to another department or purpose', () => {
    for (const state of ['suspended', 'ended'] as const)
      expect(covers(agreement({ state }), asked())).toBe(false)
    expect(covers(agreement(), asked({ departmentId: 'finance' }))).toBe(false)
    expect(covers(agreement(), asked({ purpose: 'audit' }))).toBe(false)
    expect(covers(agreement(), asked({ purpose: undefined }))).toBe(true)
  })
})

describe('mayDisclose and mayMatch', () => {
  it('take * for every public claim and never for a personal or secret one', () => {
    for (const { code, classification } of licenseTypes)
      for (const [field, kind] of Object.entries(classification)) {
        expect(mayDisclose(agreement(), code, field)).toBe(kind === 'public')
        const matching = agreement({ disclose: [], match: ['*'] })
        expect(mayMatch(matching, code, field)).toBe(kind === 'public')
        expect(mayDisclose(matching, code, field)).toBe(false)
      }
    expect(mayDisclose(agreement(), TYPE, 'toString')).toBe(false)
    expect(mayDisclose(agreement(), 'unknown-type', 'name')).toBe(false)
  })

  it('lets what may be disclosed be matched', () => {
    fc.assert(
      fc.property(
        anyAgreement,
        fc.constantFrom(...types),
        fc.constantFrom(...fields),
        (one, type, field) => !mayDisclose(one, type, field) || mayMatch(one, type, field),
      ),
    )
  })
})

describe('fieldNotGranted', () => {
  it('names the first field that is not granted as it was asked', () => {
    const one = agreement({ disclose: ['name'], match: ['settlementAccount'] })
    const first = (match: string[], disclose: string[]) =>
      fieldNotGranted(one, TYPE, { match, disclose })
    expect(first(['settlementAccount', 'name'], ['name'])).toBeUndefined()
    expect(first(['name'], ['settlementAccount'])).toBe('settlementAccount')
    expect(first(['contactPhone'], ['settlementAccount'])).toBe('contactPhone')
  })
})

describe('pickAgreement', () => {
  it('grants a cell of department, purpose, type, region and field as the agreements say, none beyond', () => {
    const cell = fc.tuple(
      fc.array(anyAgreement, { maxLength: 4 }),
      anyAsked,
      fc.constantFrom(...fields),
      fc.constantFrom('match' as const, 'disclose' as const),
    )
    fc.assert(
      fc.property(cell, ([agreements, loose, field, as]) => {
        const ask = { ...loose, type: loose.type ?? TYPE, region: loose.region ?? '440300' }
        const list = { match: [], disclose: [], [as]: [field] }
        const picked = pickAgreement(agreements, ask, list)
        const granted = picked !== undefined && !fieldNotGranted(picked, ask.type, list)
        expect(granted).toBe(agreements.some((one) => allowed(one, ask, field, as)))
      }),
      { numRuns: 3_000 },
    )
  })

  it('gives nobody anything without an agreement that covers what is asked', () => {
    fc.assert(
      fc.property(fc.array(anyAgreement, { maxLength: 4 }), anyAsked, (agreements, ask) => {
        const picked = pickAgreement(agreements, ask)
        expect(picked !== undefined).toBe(agreements.some((one) => covers(one, ask)))
        expect(picked === undefined || covers(picked, ask)).toBe(true)
      }),
    )
    expect(pickAgreement([], asked())).toBeUndefined()
  })

  it('prefers one that grants every field over one that comes first', () => {
    const narrow = agreement({ id: 'a', disclose: ['name'] })
    const wide = agreement({ id: 'b', disclose: ['name', 'contactPhone'] })
    const pick = (disclose: string[]) =>
      pickAgreement([narrow, wide], asked(), { match: [], disclose })?.id
    expect([pick(['name']), pick(['contactPhone']), pick(['settlementAccount'])]).toEqual([
      'a',
      'b',
      'a',
    ])
  })
})

describe('the errors', () => {
  it('say what was asked, and which field', () => {
    const { message } = new NoAgreementError({ departmentId: 'tax', type: TYPE, region: '440300' })
    expect(message).toBe('No agreement of tax covers type business-license, region 440300')
    expect(new NoAgreementError({}).message).toBe('No agreement of this client covers this request')
    expect(new FieldNotGrantedError('contactPhone', 'tax').members).toEqual({
      field: 'contactPhone',
      agreement: 'tax',
    })
  })
})
