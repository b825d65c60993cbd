import { readFileSync } from 'node:fs'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  checkUscc,
  divisionOfUscc,
  isLegacyUscc,
  organisationCodeCheckCharacter,
  usccCheckCharacter,
} from './uscc.ts'

const ALPHABET = [...'0123456789ABCDEFGHJKLMNPQRTUWXY']
const DIGITS = [...'0123456789']

// standards.md A.1: real codes of the early pilot, and what their check character would be.
const LEGACY = {
  '91350203M0001QAY9B': '9',
  '91350100M0001TGQXM': '1',
  '91350211M0000XUF46': 'R',
  '91350203M0001FUE2P': 'J',
}
const AUTHORITIES = [
  '11100000MB0143028R',
  '11100000000013338W',
  '11100000000013127D',
  '11100000MB03271699',
  '11100000000013661B',
]

const csv = new URL('../../../infra/local/enterprises.csv', import.meta.url)
const enterprises = readFileSync(csv, 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.slice(0, 18))

const chars = (alphabet: string[], length: number) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength: length, maxLength: length })

const validCodes = fc
  .tuple(chars(ALPHABET, 2), chars(DIGITS, 6), chars(ALPHABET, 8))
  .map(([prefix, division, organisation]) => {
    const check = organisationCodeCheckCharacter(organisation)
    const code = `${prefix}${division}${organisation}${check}`
    return code + usccCheckCharacter(code)
  })

describe('checkUscc', () => {
  it('passes the 24 real companies', () => {
    expect(enterprises).toHaveLength(24)
    for (const code of enterprises) expect([code, checkUscc(code)]).toEqual([code, { ok: true }])
  })

  it.each(['91350200776049653A', '91350500798359476R', '91350200MA31E12PXF', ...AUTHORITIES])(
    'passes %s',
    (code) => {
      expect(checkUscc(code)).toEqual({ ok: true })
    },
  )

  it.each(Object.entries(LEGACY))(
    'finds the check character of pilot code %s wrong',
    (code, right) => {
      expect(checkUscc(code)).toEqual({ ok: false, reason: 'check-character' })
      expect(usccCheckCharacter(code)).toBe(right)
      expect(isLegacyUscc(code)).toBe(true)
    },
  )

  it('makes 0 of the remainder 0', () => {
    fc.assert(
      fc.property(validCodes, (code) => {
        expect(ALPHABET).toContain(code.charAt(17))
      }),
    )
    expect(usccCheckCharacter('00000000000000000')).toBe('0')
  })

  it.each([
    ['', 'length'],
    ['91350200776049653', 'length'],
    ['91350200776049653A ', 'length'],
    ['91350200776049653a', 'alphabet'],
    ['I1350200776049653A', 'alphabet'],
    ['91350200776049653O', 'alphabet'],
    ['9135020A776049653A', 'alphabet'],
    ['9135020077604965３A', 'alphabet'],
    ['91350200776049653B', 'check-character'],
  ])('names the fault of %s', (code, reason) => {
    expect(checkUscc(code)).toEqual({ ok: false, reason })
  })

  it('checks the organisation code within only when asked to', () => {
    const body = '91350200776049654'
    const code = body + usccCheckCharacter(body)
    expect(checkUscc(code)).toEqual({ ok: false, reason: 'organisation-code' })
    expect(checkUscc(code, { inner: true })).toEqual({ ok: false, reason: 'organisation-code' })
    expect(checkUscc(code, { inner: false })).toEqual({ ok: true })
    expect(isLegacyUscc(code)).toBe(false)
  })

  it('catches every single wrong character, even without the inner check', () => {
    for (const code of [...enterprises, ...AUTHORITIES]) {
      for (let index = 0; index < 18; index++) {
        for (const char of ALPHABET) {
          if (char === code[index]) continue
          const wrong = code.slice(0, index) + char + code.slice(index + 1)
          expect(checkUscc(wrong, { inner: false }).ok, wrong).toBe(false)
        }
      }
    }
  })

  it('catches every single wrong character and every swap of neighbours in any valid code', () => {
    const position = fc.nat({ max: 17 })
    fc.assert(
      fc.property(validCodes, position, fc.constantFrom(...ALPHABET), (code, index, char) => {
        expect(checkUscc(code)).toEqual({ ok: true })
        const wrong = code.slice(0, index) + char + code.slice(index + 1)
        expect(checkUscc(wrong, { inner: false }).ok).toBe(wrong === code)
        const [first = '', second = ''] = code.slice(index, index + 2)
        const swapped = code.slice(0, index) + second + first + code.slice(index + 2)
        expect(checkUscc(swapped, { inner: false }).ok).toBe(swapped === code)
      }),
    )
  })

  it('takes no arbitrary text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 20, unit: 'binary' }), (text) => {
        expect(checkUscc(text).ok).toBe(false)
      }),
    )
  })
})

describe('isLegacyUscc', () => {
  it('refuses valid codes and codes wrong in another way', () => {
    for (const code of enterprises) expect(isLegacyUscc(code)).toBe(false)
    expect(isLegacyUscc('91350203M0001QAY9')).toBe(false)
    expect(isLegacyUscc('91350203M0001QAY8B')).toBe(false)
  })
})

describe('organisationCodeCheckCharacter', () => {
  it.each([
    ['M0001QAY', '9'],
    ['M0001TGQ', 'X'],
    ['71526726', 'X'],
    ['00000000', '0'],
  ])('of %s is %s', (base, check) => {
    expect(organisationCodeCheckCharacter(base)).toBe(check)
  })
})

describe('divisionOfUscc', () => {
  it('reads the registering division', () => {
    expect(divisionOfUscc('914403001922038216')).toBe('440300')
  })
})
