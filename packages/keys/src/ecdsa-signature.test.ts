import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { fromDer, toDer } from './ecdsa-signature.ts'

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'))
/** With zeros in front more often than chance has them. */
const number = fc
  .tuple(fc.integer({ min: 0, max: 32 }), fc.uint8Array({ minLength: 32, maxLength: 32 }))
  .map(([zeros, value]) => value.fill(0, 0, zeros))
const signature = fc.tuple(number, number).map(([r, s]) => Uint8Array.from([...r, ...s]))

describe('toDer', () => {
  it('writes each number as short as DER allows', () => {
    const short = new Uint8Array(64)
    short[31] = 0x7f
    short[63] = 0x80
    expect(toDer(short)).toEqual(bytes('300702017f02020080'))
    expect(toDer(new Uint8Array(64))).toEqual(bytes('3006020100020100'))
    expect(toDer(new Uint8Array(64).fill(0xff))).toHaveLength(72)
  })

  it('is undone by fromDer', () => {
    fc.assert(
      fc.property(signature, (each) => {
        expect(fromDer(toDer(each))).toEqual(each)
      }),
    )
  })
})

describe('fromDer', () => {
  it.each([
    ['nothing', ''],
    ['another type', '3106020101020101'],
    ['a longer length', '3007020101020101'],
    ['a shorter length', '3005020101020101'],
    ['bytes behind', '300602010102010100'],
    ['bytes behind that are counted', '300702010102010100'],
    ['one number', '3003020101'],
    ['an empty number', '30050200020101'],
    ['a number that is not an INTEGER', '3006040101020101'],
    ['a negative number', '3006020181020101'],
    ['a zero in front that is not needed', '300702020001020101'],
    ['a length in two bytes', '308106020101020101'],
    ['a number of 33 bytes', `30260221${'01'.repeat(33)}020101`],
    ['a number that ends after the signature', '3006020101022001'],
  ])('refuses %s', (_, hex) => {
    expect(() => fromDer(bytes(hex))).toThrow(RangeError)
  })

  it('takes nothing but what toDer makes of it', () => {
    const der = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      // One byte of a good one is another.
      fc
        .tuple(signature, fc.nat(71), fc.integer({ min: 0, max: 255 }))
        .map(([each, at, value]) =>
          toDer(each).map((byte, index) => (index === at ? value : byte)),
        ),
    )
    fc.assert(
      fc.property(der, (each) => {
        let read: Uint8Array
        try {
          read = fromDer(each)
        } catch {
          return
        }
        expect(toDer(read)).toEqual(each)
      }),
      { numRuns: 2000 },
    )
  })
})
