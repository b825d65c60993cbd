import { createPrivateKey } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { completeJws, draftReceipt, hashRequest, signEs256 } from '@lexchange/credentials'
import type { JWK } from 'jose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { createReceiptKeys } from './first-directory.ts'
import { checkReceipt, rotateReceiptKeys } from './receipt-commands.ts'

const REQUEST = { purpose: 'tendering', caseRef: 'SZ-1' }
let said = ''
let folder: string

beforeEach(async () => {
  said = ''
  vi.spyOn(console, 'log').mockImplementation((line: string) => {
    said += `${line}\n`
  })
  folder = await mkdtemp(join(tmpdir(), 'lexchange-receipt-'))
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(folder, { recursive: true, force: true })
})

function receiptBy(key: JWK, verdict = 'valid'): string {
  const body = { jti: 'v-1', iat: 1_795_482_000, verdict, requestHash: hashRequest(REQUEST) }
  const draft = draftReceipt(body, String(key.kid))
  const privateKey = createPrivateKey({ key: key as never, format: 'jwk' })
  return completeJws(draft, signEs256(privateKey, Buffer.from(draft.signingInput, 'latin1')))
}

const published = (keys: JWK[]) => ({ keys: keys.map(({ d: _, ...key }) => key) as unknown as [] })

describe('checkReceipt', () => {
  it('says that a receipt holds, what it says, and whether it is of a request', async () => {
    const { keys } = await createReceiptKeys()
    const receipt = receiptBy(keys[0] as JWK)
    const jwks = published(keys)
    const turned = { caseRef: 'SZ-1', purpose: 'tendering' }
    expect(await checkReceipt({ receipt, jwks, request: turned })).toBe(0)
    expect(said).toContain('"verdict": "valid"')
    expect(await checkReceipt({ receipt, jwks, request: { ...REQUEST, caseRef: 'SZ-2' } })).toBe(1)
    expect(said).toContain('of another request')
  })

  it('refuses one that was changed, or that another key has signed', async () => {
    const [mine, others] = [await createReceiptKeys(), await createReceiptKeys()]
    const receipt = receiptBy(mine.keys[0] as JWK)
    const [header, , signature] = receipt.split('.')
    const [, forged] = receiptBy(mine.keys[0] as JWK, 'invalid').split('.')
    const changed = [header, forged, signature].join('.')
    const jwks = published(mine.keys)
    expect(await checkReceipt({ receipt: changed, jwks, request: undefined })).toBe(1)
    const stranger = { receipt, jwks: published(others.keys), request: undefined }
    expect(await checkReceipt(stranger)).toBe(1)
    expect(said).toContain('does not hold')
  })
})

describe('rotateReceiptKeys', () => {
  it('puts a new key in front, and keeps the public part of those before', async () => {
    const file = join(folder, 'receipts.jwks')
    const before = await createReceiptKeys()
    await writeFile(file, JSON.stringify(before))
    const receipt = receiptBy(before.keys[0] as JWK)
    expect(await rotateReceiptKeys(file)).toBe(0)
    const after = JSON.parse(await readFile(file, 'utf8')) as { keys: JWK[] }
    expect(after.keys.map(({ d }) => d !== undefined)).toEqual([true, false])
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const jwks = published(after.keys)
    expect(await checkReceipt({ receipt, jwks, request: REQUEST })).toBe(0)
  })
})
