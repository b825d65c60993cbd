import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { claimsMatch, normaliseText } from './normalise.ts'

describe('normaliseText', () => {
  it.each([
    ['腾讯科技（深圳）有限公司', '腾讯科技(深圳)有限公司'],
    ['  Huawei \u3000 Technologies\tCo., Ltd. ', 'HUAWEI TECHNOLOGIES CO., LTD.'],
    ['ＡＢＣ１２３', 'abc123'],
    ['ΟΔΟΣ', 'οδος'],
    ['ΟΔΟΣ', 'οδοσ'],
    ['ΣΑΣ ΟΔΟΣ.', 'σασ οδοσ.'],
    ['Straße', 'STRASSE'],
    ['e\u0301', 'É'],
    ['', ' \n'],
  ])('brings %j and %j to one form', (one, other) => {
    expect(normaliseText(one)).toBe(normaliseText(other))
  })

  it('keeps apart what differs', () => {
    expect(normaliseText('华为技术有限公司')).not.toBe(normaliseText('华为技术有限公司深圳'))
    expect(normaliseText('ab')).not.toBe(normaliseText('a b'))
  })

  it('takes no short way to another form', () => {
    for (let code = 0; code < 0x110000; code++) {
      const text = `X${String.fromCodePoint(code)}y`
      const folded = text.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase()
      const long = folded.normalize('NFKC').replace(/\s+/g, ' ').trim()
      if (normaliseText(text) !== long) expect.fail(`U+${code.toString(16)} has another form`)
    }
  })

  it('changes nothing the second time', () => {
    for (let code = 0; code < 0x110000; code++) {
      const once = normaliseText(`x${String.fromCodePoint(code)}`)
      if (normaliseText(once) !== once) expect.fail(`U+${code.toString(16)} is not stable`)
    }
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(normaliseText(normaliseText(text))).toBe(normaliseText(text))
      }),
      { numRuns: 1000 },
    )
  })
})

describe('claimsMatch', () => {
  it.each([
    ['ＡＢＣ', 'abc'],
    [
      { amount: '1000', currency: 'CNY' },
      { amount: '1000.00', currency: 'CNY' },
    ],
    [
      { currency: 'cny', amount: '0.50' },
      { amount: '0.5', currency: 'CNY' },
    ],
    [
      ['B', 'a', 'a'],
      ['A', 'a', 'b'],
    ],
    [[{ grade: 'a', category: '建筑' }], [{ category: '建筑', grade: 'A' }]],
    [1, 1],
    [null, null],
    [
      { amount: 'about ten', currency: 'CNY' },
      { amount: 'About  ten', currency: 'CNY' },
    ],
  ])('%j matches %j', (expected, actual) => {
    expect(claimsMatch(expected, actual)).toBe(true)
  })

  it.each([
    ['a', 'b'],
    ['1', 1],
    ['', null],
    [undefined, undefined],
    ['a', undefined],
    [undefined, 'a'],
    [
      { amount: '1000', currency: 'CNY' },
      { amount: '10', currency: 'CNY' },
    ],
    [
      { amount: '10', currency: 'CNY' },
      { amount: '1.0', currency: 'CNY' },
    ],
    [
      { amount: '10', currency: 'CNY' },
      { amount: '10', currency: 'USD' },
    ],
    [{ amount: '10' }, { amount: '10', currency: 'CNY' }],
    [['a'], ['a', 'a']],
    [['a'], 'a'],
    [['a,"b"'], ['a', 'b']],
    [{ a: 'x' }, { b: 'x' }],
    [{ a: undefined }, { a: undefined }],
    [[undefined], [undefined]],
  ])('%j does not match %j', (expected, actual) => {
    expect(claimsMatch(expected, actual)).toBe(false)
  })

  it('is true of every claim with itself', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        expect(claimsMatch(value, structuredClone(value))).toBe(true)
      }),
    )
  })

  it('does not match, nor exhaust the stack on, what is nested too deep', () => {
    const deep = JSON.parse('['.repeat(5_000) + ']'.repeat(5_000))
    expect(claimsMatch(deep, deep)).toBe(false)
  })
})
