import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { createPkcs11KeyProvider, type KeyProvider, SigningUnavailableError } from '../index.ts'
import { createSoftToken, type SoftToken } from '../testing/create-soft-token.ts'
import { describeKeyProvider, holds } from '../testing/describe-key-provider.ts'
import { findSoftHsm } from '../testing/find-soft-hsm.ts'
import * as C from './cryptoki.ts'
import { loadCryptokiLibrary } from './cryptoki-library.ts'
import { template } from './memory.ts'
import { connectToken } from './token-connection.ts'
import { findPrivateKey } from './token-keys.ts'

const DATA = Buffer.from('what is signed')
const softHsm = await findSoftHsm().catch((error: Error) => {
  console.warn(`The tests of PKCS #11 are skipped, for want of SoftHSM 2: ${error.message}`)
})

describe.skipIf(!softHsm)('createPkcs11KeyProvider', () => {
  let token: SoftToken

  beforeAll(async () => {
    if (!softHsm) return
    token = await createSoftToken(softHsm)
    process.env.SOFTHSM2_CONF = token.configuration
  })

  afterAll(() => token?.remove())

  const open = (other: { timeout?: number; sessions?: number; pin?: string } = {}) =>
    createPkcs11KeyProvider({ ...token.options, ...other })

  async function withKeys(work: (keys: KeyProvider) => Promise<void>, keys = open()) {
    try {
      await work(keys)
    } finally {
      await keys.close()
    }
  }

  const refusal = async (answer: Promise<unknown>) => {
    const error = await answer.catch((refused: unknown) => refused)
    expect(error).toBeInstanceOf(SigningUnavailableError)
    return error as SigningUnavailableError
  }

  describeKeyProvider(() => open())

  it('goes on signing after the token was away', async () => {
    await withKeys(async (keys) => {
      const jwk = await keys.generate('away')
      await keys.sign('away', DATA)
      await token.takeAway()
      try {
        for (let time = 0; time < 3; time++) {
          const { message, cause } = await refusal(keys.sign('away', DATA))
          expect(message).toContain('Key away is not available')
          expect(cause).toBeInstanceOf(Error)
        }
        await refusal(keys.generate('not-now'))
      } finally {
        await token.bringBack()
      }
      await expect
        .poll(() => keys.sign('away', DATA).then(() => 'signed', String), { timeout: 10_000 })
        .toBe('signed')
      expect(await holds(jwk, DATA, await keys.sign('away', DATA))).toBe(true)
    })
  })

  it('opens sessions anew, once for all, when the library lost them', async () => {
    await withKeys(async (keys) => {
      const jwk = await keys.generate('lost')
      const library = await loadCryptokiLibrary(token.options.library)
      await library.call('C_Finalize', null)
      const signatures = await Promise.all(
        Array.from({ length: 50 }, () => keys.sign('lost', DATA)),
      )
      for (const each of signatures) expect(await holds(jwk, DATA, each)).toBe(true)
    })
  })

  it('begins when the token comes after it', async () => {
    await token.takeAway()
    const keys = open()
    try {
      await refusal(keys.generate('late'))
    } finally {
      await token.bringBack()
    }
    await withKeys(async () => {
      await expect
        .poll(() => keys.generate('late').then(() => 'made', String), { timeout: 10_000 })
        .toBe('made')
    }, keys)
  })

  it('gives up a token that is slow, and uses it when it has answered', async () => {
    await withKeys(async (keys) => void (await keys.generate('slow')))
    await withKeys(
      async (keys) => {
        // The first call loads, initialises and logs in.
        const { cause } = await refusal(keys.sign('slow', DATA))
        expect((cause as Error).message).toBe('The token did not answer within 1 ms')
        await expect
          .poll(() => keys.sign('slow', DATA).then(() => 'signed', String), { timeout: 10_000 })
          .toBe('signed')
      },
      open({ timeout: 1 }),
    )
  })

  it('asks with a wrong PIN once only: the token would lock', async () => {
    await withKeys(
      async (keys) => {
        const first = await refusal(keys.sign('away', DATA))
        const [second] = await Promise.all([refusal(keys.sign('away', DATA))])
        expect((first.cause as Error).message).toContain('CKR_PIN_INCORRECT')
        expect(second.cause).toBe(first.cause)
        expect(first.message + first.cause).not.toContain('wrong-pin')
      },
      open({ pin: 'wrong-pin' }),
    )
  })

  it('says that it has no such token and no such library', async () => {
    const other = createPkcs11KeyProvider({ ...token.options, tokenLabel: 'another' })
    await withKeys(async (keys) => {
      expect(String((await refusal(keys.sign('a', DATA))).cause)).toContain('"another"')
    }, other)
    const missing = createPkcs11KeyProvider({ ...token.options, library: '/nowhere/library.so' })
    await withKeys(async (keys) => {
      expect(String((await refusal(keys.sign('a', DATA))).cause)).toContain('/nowhere/library.so')
    }, missing)
  })

  it('refuses a second provider of the same library, as it would end the first', async () => {
    await withKeys(async () => {
      expect(() => open()).toThrow('in use by another key provider')
    })
  })

  it('refuses who still waits when it is closed, and leaves the token to the next', async () => {
    const keys = open({ sessions: 1 })
    await keys.generate('closing')
    const signing = Array.from({ length: 20 }, () => keys.sign('closing', DATA))
    const answers = Promise.allSettled(signing)
    await keys.close()
    const refused = (await answers).filter(({ status }) => status === 'rejected')
    expect(refused.length).toBeGreaterThan(0)
    for (const { reason } of refused as PromiseRejectedResult[])
      expect(reason).toBeInstanceOf(SigningUnavailableError)
    await withKeys(async (next) => {
      expect(await next.sign('closing', DATA)).toHaveLength(64)
    })
  })

  it('makes keys that the token does not give away', async () => {
    await withKeys(async (keys) => void (await keys.generate('kept')))
    const connection = connectToken(token.options.library, { ...token.options, sessions: 1 })
    await connection.use(new AbortController().signal, async (library, session) => {
      const key = (await findPrivateKey({ library, session }, 'kept')) as bigint
      const read = async (type: bigint, length: number) => {
        const value = Buffer.alloc(length)
        const wanted = template([[type, value]], library.addressOf)
        await library.call('C_GetAttributeValue', session, key, wanted, 1)
        return value
      }
      const [yes, no] = [Buffer.from([1]), Buffer.from([0])]
      expect(await read(C.CKA_TOKEN, 1)).toEqual(yes)
      expect(await read(C.CKA_PRIVATE, 1)).toEqual(yes)
      expect(await read(C.CKA_SENSITIVE, 1)).toEqual(yes)
      expect(await read(C.CKA_EXTRACTABLE, 1)).toEqual(no)
      expect((await read(C.CKA_LABEL, 4)).toString()).toBe('kept')
      expect((await read(C.CKA_ID, 4)).toString()).toBe('kept')
      const CKA_VALUE = 0x11n
      await expect(read(CKA_VALUE, 32)).rejects.toThrow('C_GetAttributeValue answered 0x11')
    })
    await connection.close()
  })

  it('makes a pair anew when only its public half was stored', async () => {
    const connection = connectToken(token.options.library, { ...token.options, sessions: 1 })
    await withKeys(async (keys) => {
      await keys.generate('half')
    })
    await connection.use(new AbortController().signal, async (library, session) => {
      const key = (await findPrivateKey({ library, session }, 'half')) as bigint
      await library.call('C_DestroyObject', session, key)
    })
    await connection.close()
    await withKeys(async (keys) => {
      const jwk = await keys.generate('half')
      expect(await holds(jwk, DATA, await keys.sign('half', DATA))).toBe(true)
    })
  })

  it('does not hold up the event loop', async () => {
    await withKeys(async (keys) => {
      await keys.generate('many')
      let longest = 0
      let last = performance.now()
      const watch = setInterval(() => {
        longest = Math.max(longest, performance.now() - last)
        last = performance.now()
      }, 1)
      await Promise.all(Array.from({ length: 2000 }, () => keys.sign('many', DATA)))
      clearInterval(watch)
      expect(longest).toBeLessThan(1000)
    })
  })
})
