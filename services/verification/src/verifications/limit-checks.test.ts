import { describe, expect, it } from 'vitest'

import { holderOf } from './limit-checks.ts'

const held = (holder: object) => ({ found: { license: { licenseId: 'l-1', holder } } }) as never

describe('holderOf', () => {
  it('is the enterprise, and of a license of a person the license, so that its quota counts too', () => {
    expect(holderOf(held({ kind: 'enterprise', uscc: 'u-1' }))).toBe('u-1')
    expect(holderOf(held({ kind: 'person' }))).toBe('l-1')
    expect(holderOf({ found: undefined, presented: undefined } as never)).toBeUndefined()
  })
})
