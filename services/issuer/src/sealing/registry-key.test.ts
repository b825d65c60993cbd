import type { KeyEntry } from '@lexchange/contracts'
import { compactDecrypt, exportJWK, generateKeyPair } from 'jose'
import { describe, expect, it } from 'vitest'

import { createRegistryKey, SealingKeyUnavailableError } from './index.ts'

const VERSION = { licenseId: '019ab3f2-7c00-7000-8000-000000000001', version: 3 }

async function pair(kid: string) {
  const { publicKey, privateKey } = await generateKeyPair('ECDH-ES+A256KW', { crv: 'P-256' })
  return { jwk: { ...(await exportJWK(publicKey)), kid }, privateKey }
}

const entryOf = (...keys: object[]) => ({ jwks: { keys } }) as unknown as KeyEntry

describe('createRegistryKey', () => {
  it('encrypts for the first key of the entry as it is now, and says for what', async () => {
    const [old, fresh] = [await pair('old'), await pair('fresh')]
    let entry = entryOf(old.jwk)
    const key = createRegistryKey(() => entry)
    for (const { jwk, privateKey } of [old, fresh]) {
      entry = entryOf(jwk)
      const jwe = await key.encrypt(VERSION, { contactPhone: 'marker' })
      const { plaintext, protectedHeader } = await compactDecrypt(jwe, privateKey)
      expect(JSON.parse(Buffer.from(plaintext).toString())).toEqual({ contactPhone: 'marker' })
      const { lic, ver, ...header } = protectedHeader
      expect({ licenseId: lic, version: ver }).toEqual(VERSION)
      expect(header).toMatchObject({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM', kid: jwk.kid })
    }
  })

  it.each([
    ['no entry', undefined],
    ['an entry without keys', entryOf()],
  ])('refuses to go on with %s', async (_, entry) => {
    const key = createRegistryKey(() => entry)
    expect(key.require).toThrow(SealingKeyUnavailableError)
    await expect(key.encrypt(VERSION, {})).rejects.toThrow(SealingKeyUnavailableError)
  })

  it('takes a key that is none for one that is not known yet', async () => {
    const key = createRegistryKey(() => entryOf({ kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }))
    await expect(key.encrypt(VERSION, {})).rejects.toThrow(SealingKeyUnavailableError)
  })
})
