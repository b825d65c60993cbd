import { createTokenVerifier } from '@lexchange/auth'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { createTestIssuer, type TestIssuer } from '../../test/test-issuer.ts'
import { createDirectory } from '../directory/index.ts'
import { createCredentialCache } from './create-credential-cache.ts'

let issuer: TestIssuer
let seen: ReturnType<typeof createCredentialCache>

const directory = createDirectory(createTokenVerifier('http://127.0.0.1:7002'))

beforeAll(async () => {
  issuer = await createTestIssuer('shenzhen')
})
beforeEach(() => {
  directory.take([issuer.authority(), issuer.keys()], true)
  seen = createCredentialCache()
})

describe('the cache of credentials', () => {
  it('looks at the same credential once', () => {
    const credential = issuer.issue()
    const first = seen(credential, directory.trust)
    expect(first.signature.check.result).toBe('pass')
    expect(seen(credential, directory.trust)).toBe(first)
    expect(seen(credential.slice(0, -1), directory.trust)).not.toBe(first)
    expect(seen(credential, directory.trust)).toBe(first)
  })

  it('forgets all when keys or authorities change, and nothing when others do', () => {
    const credential = issuer.issue()
    const first = seen(credential, directory.trust)
    const department = { id: 'tax', name: 'Tax', kind: 'tax', region: '100000', revision: 1 }
    directory.take([{ kind: 'department', entry: { ...department, state: 'active' } }], false)
    expect(seen(credential, directory.trust)).toBe(first)
    const revoked = { revoked_at: 1 }
    directory.take([issuer.keys({ ...issuer.key.jwk, revoked })], false)
    expect(seen(credential, directory.trust).signature.check.code).toBe('key-compromised')
    directory.take([issuer.keys()], false)
    expect(seen(credential, directory.trust).issuer.result).toBe('pass')
    directory.take([issuer.authority({ entitlements: [] })], false)
    expect(seen(credential, directory.trust).issuer.code).toBe('issuer-not-entitled')
  })

  it('keeps what was asked for last, up to a number and a size', () => {
    const { trust } = directory
    const first = seen('first', trust)
    for (let index = 0; index < 4_095; index++) seen(`number ${index}`, trust)
    expect(seen('first', trust)).toBe(first)
    // The oldest is now number 0, and the next to come takes its place.
    const second = seen('number 1', trust)
    seen('one more', trust)
    expect(seen('first', trust)).toBe(first)
    expect(seen('number 1', trust)).toBe(second)

    const large = seen('x'.repeat(60_000), trust)
    expect(seen('x'.repeat(60_000), trust)).toBe(large)
    for (let index = 0; index < 200; index++) seen(`${index}`.padEnd(60_000, 'x'), trust)
    expect(seen('x'.repeat(60_000), trust)).not.toBe(large)
    expect(seen('first', trust)).not.toBe(first)
    expect(seen('199'.padEnd(60_000, 'x'), trust)).toBe(seen('199'.padEnd(60_000, 'x'), trust))
  })
})
