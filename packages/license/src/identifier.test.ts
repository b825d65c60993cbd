import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { checkLicenseIdentifier, licenseIdentifier } from './identifier.ts'

const ALPHABET = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ']
const parts = fc.record({
  nationalType: fc.constantFrom('11100000MB0143028R001', '11100000000013338W032'),
  issuerUscc: fc.constantFrom('11440300000000000A', '11100000MB0143028R'),
  serial: fc.string({ unit: fc.constantFrom(...ALPHABET, '_', '-'), minLength: 1, maxLength: 40 }),
  version: fc.integer({ min: 1, max: 100_000 }),
})

describe('licenseIdentifier', () => {
  it('makes an identifier of a published license again', () => {
    const identifier = licenseIdentifier({
      nationalType: '11100000000013338W011',
      issuerUscc: '11110000000021135M',
      serial: '20230329701',
      version: 3,
    })
    expect(identifier).toBe(
      '1.2.156.3005.2.11100000000013338W011.11110000000021135M.20230329701.003.Y',
    )
  })

  it('gives the version 3 digits or more', () => {
    const of = (version: number) =>
      licenseIdentifier({
        nationalType: '11100000MB0143028R001',
        issuerUscc: '11100000MB0143028R',
        serial: '1',
        version,
      }).split('.')[8]
    expect([of(1), of(999), of(1000)]).toEqual(['001', '999', '1000'])
  })

  it('is read back as it was made', () => {
    fc.assert(
      fc.property(parts, (given) => {
        expect(checkLicenseIdentifier(licenseIdentifier(given))).toEqual({ ok: true, ...given })
      }),
    )
  })

  it.each([
    { nationalType: '11100000MB0143028R01' },
    { issuerUscc: '340100' },
    { serial: '' },
    { serial: 'a' },
    { serial: '0'.repeat(41) },
    { version: 0 },
    { version: 1.5 },
  ])('refuses %o', (wrong) => {
    const right = {
      nationalType: '11100000MB0143028R001',
      issuerUscc: '11100000MB0143028R',
      serial: '1',
      version: 1,
    }
    expect(() => licenseIdentifier({ ...right, ...wrong })).toThrow(RangeError)
  })
})

describe('checkLicenseIdentifier', () => {
  // standards.md A.6.1
  it.each([
    '1.2.156.3005.2.11100000000013338W009.11330105002500287C.2025052201.002.0',
    '1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U',
    '1.2.156.3005.2.11100000000013338W011.11110000000021135M.20230329701.003.Y',
    '1.2.156.3005.2.11100000000013338W032.11220000013544541J.2430599.001.F',
    '1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.9',
    '1.2.156.3005.2.062301.1101101102.0624_001.001.U',
  ])('passes %s', (identifier) => {
    expect(checkLicenseIdentifier(identifier)).toMatchObject({ ok: true })
  })

  it('refuses a published sample whose check character is wrong', () => {
    const sample = (check: string) =>
      `1.2.156.3005.2.11100000000013661B006.113700000045046442.209FA4E8.001.${check}`
    const right = ALPHABET.filter((check) => checkLicenseIdentifier(sample(check)).ok)
    expect(right).toHaveLength(1)
    expect(checkLicenseIdentifier(sample('M'))).toEqual({ ok: false, reason: 'check-character' })
  })

  it.each([
    '',
    '1.2.156.3005.3.11100000MB03271699022.340100.000000016.001.9',
    '1.2.156.3005.2.11100000MB03271699022.34010.000000016.001.9',
    '1.2.156.3005.2.11100000MB03271699022.340100.000000016.01.9',
    '1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.9\n',
    '1.2.156.3005.2.11100000mb03271699022.340100.000000016.001.9',
  ])('finds no structure in %j', (identifier) => {
    expect(checkLicenseIdentifier(identifier)).toEqual({ ok: false, reason: 'structure' })
  })

  it('catches every single wrong character', () => {
    fc.assert(
      fc.property(parts, fc.nat(), fc.constantFrom(...ALPHABET), (given, at, char) => {
        const identifier = licenseIdentifier(given)
        const index = 15 + (at % (identifier.length - 15))
        fc.pre(/[0-9A-Z]/.test(identifier.charAt(index)) && char !== identifier.charAt(index))
        const wrong = identifier.slice(0, index) + char + identifier.slice(index + 1)
        expect(checkLicenseIdentifier(wrong).ok).toBe(false)
      }),
    )
  })
})
