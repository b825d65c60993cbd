import { createPublicKey, verify } from 'node:crypto'
import { compactVerify, importJWK } from 'jose'
import { describe, expect, it } from 'vitest'

import type { KeyProvider, PublicJwk } from '../key-provider.ts'
import { SigningUnavailableError } from '../keys.errors.ts'

const DATA = Buffer.from('what is signed')

/** Whether both node:crypto and jose take the signature. */
export async function holds(jwk: PublicJwk, data: Uint8Array, signature: Uint8Array) {
  const publicKey = createPublicKey({ key: { ...jwk }, format: 'jwk' })
  const subtle = await importJWK({ ...jwk }, 'ES256')
  const byJose = await crypto.subtle.verify(
    { name: 'ECDSA', hash: 'SHA-256' },
    subtle as CryptoKey,
    Uint8Array.from(signature),
    Uint8Array.from(data),
  )
  const byNode = verify('sha256', data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)
  return signature.length === 64 && byNode && byJose
}

type WithKeys = (work: (keys: KeyProvider) => Promise<void>) => Promise<void>

/** What every provider does. `open` gives one with the same keys each time it is called. */
export function describeKeyProvider(open: () => KeyProvider): void {
  const withKeys: WithKeys = async (work) => {
    const keys = open()
    try {
      await work(keys)
    } finally {
      await keys.close()
    }
  }
  describe('as every key provider', () => {
    describeGenerate(withKeys)
    describeSign(withKeys)
    describeRefusals(withKeys)

    it('refuses everything once it is closed', async () => {
      const keys = open()
      await keys.generate('closed')
      await keys.close()
      await keys.close()
      await expect(keys.sign('closed', DATA)).rejects.toThrow(SigningUnavailableError)
      await expect(keys.generate('closed')).rejects.toThrow(SigningUnavailableError)
    })
  })
}

function describeGenerate(withKeys: WithKeys): void {
  it('makes a key once, and finds it again after a restart', async () => {
    const made: PublicJwk[] = []
    const make = async (keys: KeyProvider) => void made.push(await keys.generate('once'))
    await withKeys(async (keys) => {
      await make(keys)
      await make(keys)
    })
    await withKeys(make)
    expect(Object.keys(made[0] ?? {}).sort()).toEqual(['crv', 'kty', 'x', 'y'])
    expect(made).toEqual([made[0], made[0], made[0]])
  })

  it('makes one key when the same id is asked for twice at once', async () => {
    await withKeys(async (keys) => {
      const made = await Promise.all(['twice', 'twice', 'twice'].map((id) => keys.generate(id)))
      expect(new Set(made.map(({ x }) => x)).size).toBe(1)
      expect(await holds(made[0] as PublicJwk, DATA, await keys.sign('twice', DATA))).toBe(true)
    })
  })
}

function describeSign(withKeys: WithKeys): void {
  it('signs so that jose and node:crypto verify, also after a restart', async () => {
    await withKeys(async (keys) => void (await keys.generate('signs')))
    await withKeys(async (keys) => {
      const jwk = await keys.generate('signs')
      for (const data of [DATA, new Uint8Array(0), Buffer.alloc(100_000, 7)])
        expect(await holds(jwk, data, await keys.sign('signs', data))).toBe(true)
      expect(await holds(jwk, Buffer.from('other'), await keys.sign('signs', DATA))).toBe(false)
    })
  })

  it('signs a JWS that jose takes', async () => {
    await withKeys(async (keys) => {
      const jwk = await keys.generate('jws')
      const header = Buffer.from('{"alg":"ES256","kid":"jws"}').toString('base64url')
      const input = `${header}.${Buffer.from('{"a":1}').toString('base64url')}`
      const signature = Buffer.from(await keys.sign('jws', Buffer.from(input)))
      const jws = `${input}.${signature.toString('base64url')}`
      const { payload } = await compactVerify(jws, await importJWK({ ...jwk }, 'ES256'))
      expect(new TextDecoder().decode(payload)).toBe('{"a":1}')
    })
  })

  it('signs 200 times at once, each with its own key', async () => {
    await withKeys(async (keys) => {
      const ids = ['one-of-many', 'two-of-many']
      const jwks = await Promise.all(ids.map((id) => keys.generate(id)))
      const checked = Array.from({ length: 200 }, async (_, index) => {
        const data = Buffer.from(`document ${index}`)
        const signature = await keys.sign(ids[index % 2] as string, data)
        expect(await holds(jwks[(index + 1) % 2] as PublicJwk, data, signature)).toBe(false)
        return holds(jwks[index % 2] as PublicJwk, data, signature)
      })
      expect(new Set(await Promise.all(checked))).toEqual(new Set([true]))
    })
  })
}

function describeRefusals(withKeys: WithKeys): void {
  it('says that a key is missing', async () => {
    await withKeys(async (keys) => {
      const error = await keys.sign('never-made', DATA).catch((refused: unknown) => refused)
      expect(error).toBeInstanceOf(SigningUnavailableError)
      expect(error).toMatchObject({
        code: 'signing-unavailable',
        kind: 'unavailable',
        retryAfter: 5,
        message: expect.stringContaining('never-made'),
      })
    })
  })

  it('takes ids of base64url and refuses all others', async () => {
    await withKeys(async (keys) => {
      for (const id of ['-_', 'A'.repeat(128), '019a0000-0000-7000-8000-000000000000'])
        expect(await keys.generate(id)).toMatchObject({ kty: 'EC', crv: 'P-256' })
      const refused = ['', '.', '..', '../x', 'a/b', 'a b', 'a\0', 'a\n', 'é', 'a.jwe', '%2e']
      for (const id of [...refused, 'A'.repeat(129)]) {
        await expect(keys.generate(id)).rejects.toThrow(RangeError)
        await expect(keys.sign(id, DATA)).rejects.toThrow(RangeError)
      }
    })
  })
}
