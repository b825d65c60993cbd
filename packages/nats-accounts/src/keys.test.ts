import { createAccount, createOperator, createUser, fromSeed } from '@nats-io/nkeys'
import { describe, expect, it } from 'vitest'

import { deriveKey, derivePublicKey, signerOf, textOf } from './keys.ts'

const SECRET = Buffer.alloc(32, 7).toString('base64')

describe('deriveKey', () => {
  it('gives keys that nkeys reads, of the kind asked for', () => {
    for (let each = 0; each < 50; each++) {
      const account = deriveKey(SECRET, 'account', `a${each}`)
      const user = deriveKey(SECRET, 'user', `a${each}`)
      expect(fromSeed(Buffer.from(textOf(account))).getPublicKey()).toBe(account.getPublicKey())
      expect(derivePublicKey(SECRET, 'account', `a${each}`)).toBe(account.getPublicKey())
      expect(derivePublicKey(SECRET, 'user', `a${each}`)).toBe(user.getPublicKey())
      expect(account.getPublicKey()[0]).toBe('A')
      expect(user.getPublicKey()[0]).toBe('U')
      expect(textOf(account)).toHaveLength(textOf(createAccount()).length)
      expect(textOf(user).slice(0, 2)).toBe(textOf(createUser()).slice(0, 2))
    }
  })

  it('gives the same key for the same name, and another for another name or secret', () => {
    const key = (name: string, secret = SECRET) => deriveKey(secret, 'user', name).getPublicKey()
    expect(key('one')).toBe(key('one'))
    const other = Buffer.alloc(32, 8).toString('base64')
    expect(new Set([key('one'), key('two'), key('one', other)]).size).toBe(3)
  })
})

describe('signerOf', () => {
  it('signs as nkeys does', () => {
    const operator = createOperator()
    const signer = signerOf(textOf(operator))
    const message = Buffer.from('claims')
    expect(Buffer.from(signer.sign(message))).toEqual(Buffer.from(operator.sign(message)))
    expect(signer.getPublicKey()).toBe(operator.getPublicKey())
  })
})
