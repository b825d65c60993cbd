import { randomBytes } from 'node:crypto'
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { makeTestFolder, removeTestFolder } from '@lexchange/testing'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import {
  createFileKeyEncryption,
  EncryptionUnavailableError,
  keyIdOf,
  newDataKey,
} from './index.ts'

const newKey = () => randomBytes(32).toString('base64')

let folder: string
let path: string
let time = 0
const now = () => time

beforeEach(() => {
  folder = makeTestFolder()
  path = join(folder, 'keyring.json')
})
afterEach(() => removeTestFolder(folder))

/** Replaces the file as an operator does: whole, by another one. */
function write(content: unknown): void {
  const text = typeof content === 'string' ? content : JSON.stringify(content)
  writeFileSync(`${path}.new`, text, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

const keyring = (...ids: string[]) => ({ keys: ids.map((id) => ({ id, key: newKey() })) })
const open = () => createFileKeyEncryption(path, now)

describe('createFileKeyEncryption', () => {
  it('unwraps what it has wrapped for the same thing, and for nothing else', async () => {
    write(keyring('first'))
    const keys = open()
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), async (about, other) => {
        fc.pre(about !== other)
        const dataKey = newDataKey()
        const wrapped = await keys.wrap(dataKey, about)
        expect(keyIdOf(wrapped)).toBe('first')
        expect(await keys.unwrap(wrapped, about)).toEqual(dataKey)
        await expect(keys.unwrap(wrapped, other)).rejects.toThrow(EncryptionUnavailableError)
      }),
    )
  })

  it('never wraps alike, and shows nothing of the data key', async () => {
    write(keyring('first'))
    const keys = open()
    const dataKey = newDataKey()
    const [one, other] = [await keys.wrap(dataKey, 'a'), await keys.wrap(dataKey, 'a')]
    expect(one).not.toBe(other)
    expect(one).not.toContain(dataKey.toString('base64url'))
  })

  it('wraps by the first key within a second of a new file, and unwraps by all in it', async () => {
    const [first, second] = keyring('first', 'second').keys
    write({ keys: [first] })
    const keys = open()
    const old = await keys.wrap(newDataKey(), 'a')
    write({ keys: [second, first] })
    expect(keys.currentKeyId(), 'not before').toBe('first')
    time += 1_000
    expect(keys.currentKeyId()).toBe('second')
    const fresh = await keys.wrap(newDataKey(), 'a')
    expect([keyIdOf(old), keyIdOf(fresh)]).toEqual(['first', 'second'])
    await keys.unwrap(old, 'a')
    write({ keys: [second] })
    time += 1_000
    await keys.unwrap(fresh, 'a')
    await expect(keys.unwrap(old, 'a')).rejects.toThrow('no key-encryption key first')
  })

  it('does not take a key under the id of another', async () => {
    write(keyring('first'))
    const wrapped = await open().wrap(newDataKey(), 'a')
    write(keyring('first'))
    await expect(open().unwrap(wrapped, 'a')).rejects.toThrow(EncryptionUnavailableError)
    await expect(open().unwrap('v1.first', 'a')).rejects.toThrow(EncryptionUnavailableError)
    await expect(open().unwrap('', 'a')).rejects.toThrow(EncryptionUnavailableError)
    expect(keyIdOf('')).toBe('')
  })

  it('goes on with the keys known last while the file is missing, broken or open to others', async () => {
    const ring = keyring('first')
    write(ring)
    const keys = open()
    const wrapped = await keys.wrap(newDataKey(), 'a')
    const faults = [() => rmSync(path), () => write('{"keys'), () => chmodSync(path, 0o644)]
    for (const fault of faults) {
      write(ring)
      fault()
      time += 1_000
      expect(keys.currentKeyId()).toBe('first')
      await keys.unwrap(wrapped, 'a')
    }
    write(keyring('second'))
    time += 1_000
    expect(keys.currentKeyId(), 'and takes the next good one').toBe('second')
  })

  it('does not look again where the file is as it was', () => {
    write(keyring('first'))
    const keys = open()
    time += 5_000
    expect(keys.currentKeyId()).toBe('first')
  })

  it.each([0o640, 0o604, 0o660, 0o777])('refuses a file of mode %o', (mode) => {
    write(keyring('first'))
    chmodSync(path, mode)
    expect(open).toThrow('chmod 600')
  })

  it('takes a file that nobody but its owner may read', () => {
    write(keyring('first'))
    chmodSync(path, 0o400)
    expect(open().currentKeyId()).toBe('first')
  })

  it('refuses a file that is not there', () => {
    expect(open).toThrow('missing')
  })

  it.each([
    ['no JSON', 'secret-key'],
    ['no keys', { keys: [] }],
    ['another shape', { keys: 'secret-key' }],
    ['a key without an id', { keys: [{ key: newKey() }] }],
    ['an id that is none', { keys: [{ id: 'a.b', key: newKey() }] }],
    ['a short key', { keys: [{ id: 'a', key: Buffer.from('secret-key').toString('base64') }] }],
  ])('refuses %s, and repeats nothing of it', (_, content) => {
    write(content)
    try {
      open()
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(EncryptionUnavailableError)
      expect(String((error as Error).message)).not.toMatch(/secret-key|c2VjcmV0/)
    }
  })
})
