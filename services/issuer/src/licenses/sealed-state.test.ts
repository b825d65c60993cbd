import { newDataKey } from '@lexchange/encryption'
import { describe, expect, it } from 'vitest'

import type { License } from './license.ts'
import { hasSensitiveFields, openFields, publicState, sealFields } from './sealed-state.ts'

const id = '019ab3f2-7c00-7000-8000-000000000001'
const type = 'food-operation-permit'
const person = { kind: 'person', idNumber: 'marker-number', name: 'marker-name' } as const
const claims = { name: 'shop', contactPhone: 'marker-phone', suppliers: ['marker-supplier'] }

const licenseOf = (state: object) =>
  ({ id, type, state: { version: 2, ...state } }) as unknown as License

describe('sealFields', () => {
  it('leaves of a person that it is one, and of the claims the public ones', () => {
    const shown = publicState(licenseOf({ holder: person, claims }))
    expect(shown).toEqual({ holder: { kind: 'person' }, claims: { name: 'shop' } })
  })

  it('gives back holder and claims with the same key only', () => {
    const license = licenseOf({ holder: person, claims })
    const key = newDataKey()
    const sealed = sealFields(license, key)
    expect(Object.keys(sealed).sort()).toEqual(
      ['contactPhone', 'holder.idNumber', 'holder.name', 'suppliers'].sort(),
    )
    expect(JSON.stringify(sealed)).not.toContain('marker')
    const stored = { id, sealed, state: { ...license.state, ...publicState(license) } }
    expect(openFields(stored, key)).toEqual(license.state)
    expect(() => openFields(stored, newDataKey())).toThrow('cannot be decrypted')
    const moved = { ...stored, state: { ...stored.state, version: 3 } }
    expect(() => openFields(moved, key)).toThrow('cannot be decrypted')
  })

  it('has nothing to seal of an enterprise with public claims', () => {
    const holder = { kind: 'enterprise', uscc: '1', name: 'shop' }
    expect(hasSensitiveFields(licenseOf({ holder, claims: { name: 'shop' } }))).toBe(false)
    expect(hasSensitiveFields(licenseOf({ holder: person, claims: {} }))).toBe(true)
    expect(hasSensitiveFields(licenseOf({ holder, claims: { unheardOf: 1 } }))).toBe(true)
  })
})
