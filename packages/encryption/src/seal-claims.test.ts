import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  EncryptionUnavailableError,
  hashesEqual,
  hashValue,
  newDataKey,
  openValue,
  sealValue,
  type ValuePlace,
} from './index.ts'

const place: fc.Arbitrary<ValuePlace> = fc.record({
  licenseId: fc.uuid(),
  version: fc.integer({ min: 1, max: 1_000_000 }),
  field: fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,20}$/),
})
// JSON has no negative zero.
const value = fc.jsonValue().map((each) => JSON.parse(JSON.stringify(each)))

const PLACE = { licenseId: '019ab3f2-7c00-7000-8000-000000000001', version: 1, field: 'phone' }

describe('sealValue', () => {
  it('is opened by the same key at the same place, whatever the value is', () => {
    fc.assert(
      fc.property(place, value, (at, secret) => {
        const key = newDataKey()
        expect(openValue(key, at, sealValue(key, at, secret))).toEqual(secret)
      }),
    )
  })

  it('is opened at no other license, version or field', () => {
    fc.assert(
      fc.property(place, place, value, (at, other, secret) => {
        fc.pre(JSON.stringify(at) !== JSON.stringify(other))
        const key = newDataKey()
        const sealed = sealValue(key, at, secret)
        const moved = [
          other,
          { ...at, version: at.version + 1 },
          { ...at, field: `${at.field}x` },
          { ...at, licenseId: crypto.randomUUID() },
        ]
        for (const elsewhere of moved)
          expect(() => openValue(key, elsewhere, sealed)).toThrow(EncryptionUnavailableError)
      }),
    )
  })

  it('is opened by no other key', () => {
    fc.assert(
      fc.property(place, value, (at, secret) => {
        const sealed = sealValue(newDataKey(), at, secret)
        expect(() => openValue(newDataKey(), at, sealed)).toThrow(EncryptionUnavailableError)
      }),
    )
  })

  it('is not opened when any bit was changed, or it was cut', () => {
    const key = newDataKey()
    const sealed = sealValue(key, PLACE, '+8675512345678')
    const bytes = Buffer.from(sealed.slice(3), 'base64url')
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 7 }), (index, bit) => {
        const changed = Buffer.from(bytes)
        changed[index] = (changed[index] as number) ^ (1 << bit)
        for (const broken of [changed, bytes.subarray(0, index)])
          expect(() => openValue(key, PLACE, `v1.${broken.toString('base64url')}`)).toThrow(
            EncryptionUnavailableError,
          )
      }),
    )
  })

  it('shows nothing of the value, and no two are alike', () => {
    const key = newDataKey()
    const seal = () => sealValue(key, PLACE, 'marker-of-a-person')
    expect(seal()).toMatch(/^v1\.[\w-]+$/)
    expect(Buffer.from(seal().slice(3), 'base64url').toString('latin1')).not.toContain('marker')
    expect(new Set(Array.from({ length: 100 }, seal)).size).toBe(100)
  })

  it('says of a failure what cannot be done, and no value', () => {
    try {
      openValue(newDataKey(), PLACE, sealValue(newDataKey(), PLACE, 'marker-of-a-person'))
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ code: 'encryption-unavailable', kind: 'unavailable' })
      expect(`${error} ${JSON.stringify(error)}`).not.toContain('marker')
    }
  })
})

describe('hashValue', () => {
  it('is the same for the same key, use and value, and for nothing else', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        fc.pre(one !== other)
        const [key, use] = [newDataKey(), 'match phone']
        const hash = hashValue(key, use, one)
        expect(hashesEqual(hash, hashValue(key, use, one))).toBe(true)
        for (const different of [
          hashValue(key, use, other),
          hashValue(key, 'search phone', one),
          hashValue(newDataKey(), use, one),
          hash.slice(1),
        ])
          expect(hashesEqual(hash, different)).toBe(false)
      }),
    )
  })
})
