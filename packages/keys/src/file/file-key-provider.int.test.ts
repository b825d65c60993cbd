import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CompactEncrypt, exportJWK, generateKeyPair } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { createFileKeyProvider, rewrapFileKeys, SigningUnavailableError } from '../index.ts'
import { describeKeyProvider, holds } from '../testing/describe-key-provider.ts'

const DATA = Buffer.from('what is signed')
const INDEX = new URL('../index.ts', import.meta.url).href
const kek = randomBytes(32)
let root: string
let folders = 0

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lexchange-keys-'))
})

afterAll(() => rm(root, { recursive: true, force: true }))

const newFolder = () => join(root, `keys-${folders++}`)
const open = (folder: string, keyEncryptionKey = kek) =>
  createFileKeyProvider({ folder, keyEncryptionKey })

async function folderWith(...ids: string[]) {
  const folder = newFolder()
  const keys = open(folder)
  const jwks = await Promise.all(ids.map((id) => keys.generate(id)))
  return { folder, jwks }
}

async function refusal(folder: string, id: string, keyEncryptionKey = kek) {
  const error = await open(folder, keyEncryptionKey)
    .sign(id, DATA)
    .catch((refused: unknown) => refused)
  expect(error).toBeInstanceOf(SigningUnavailableError)
  expect((error as Error).message).toContain(`Key ${id} could not be`)
  return error as SigningUnavailableError
}

/** JavaScript for a process of its own. */
const program = (body: string) => [
  '--input-type=module',
  '--eval',
  `import { createFileKeyProvider, rewrapFileKeys } from '${INDEX}'\n${body}`,
]

describe('createFileKeyProvider', () => {
  describeKeyProvider(() => open(join(root, 'of-every-provider')))

  it('leaves one file per key that only its user can read, without the key in it', async () => {
    const { folder } = await folderWith('a', 'b')
    expect((await readdir(folder)).sort()).toEqual(['a.jwe', 'b.jwe'])
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    expect((await stat(join(folder, 'a.jwe'))).mode & 0o777).toBe(0o600)
    const content = await readFile(join(folder, 'a.jwe'), 'utf8')
    const [header = '', encryptedKey] = content.split('.')
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({
      alg: 'dir',
      enc: 'A256GCM',
      kid: 'a',
    })
    expect(encryptedKey).toBe('')
  })

  it('refuses a key encryption key of another length', () => {
    expect(() => open(newFolder(), randomBytes(16))).toThrow(RangeError)
  })

  it('refuses a wrong key encryption key', async () => {
    const { folder } = await folderWith('a')
    const error = await refusal(folder, 'a', randomBytes(32))
    expect(error.message).toContain('decrypted')
    expect(error.cause).toBeInstanceOf(Error)
    await expect(open(folder, randomBytes(32)).generate('a')).rejects.toThrow('decrypted')
  })

  it('refuses a truncated file, an empty one, and one with another bit', async () => {
    const { folder } = await folderWith('a')
    const file = join(folder, 'a.jwe')
    const content = await readFile(file, 'utf8')
    const changed = content.replace(/\.(.)([^.]*)$/, (_, first, rest) =>
      first === 'A' ? `.B${rest}` : `.A${rest}`,
    )
    await writeFile(file, changed)
    await refusal(folder, 'a')
    for (const length of [content.length - 1, 100, 0]) {
      await writeFile(file, content)
      await truncate(file, length)
      await refusal(folder, 'a')
    }
    await writeFile(file, content)
    expect(await open(folder).sign('a', DATA)).toHaveLength(64)
  })

  it('refuses the file of another key', async () => {
    const { folder } = await folderWith('a', 'b')
    await rename(join(folder, 'a.jwe'), join(folder, 'b.jwe'))
    expect((await refusal(folder, 'b')).message).toContain('of another key')
    await refusal(folder, 'a')
  })

  it('says nothing of what it decrypted when that is no key on P-256', async () => {
    const { folder } = await folderWith('a')
    const { privateKey } = await generateKeyPair('ES384', { extractable: true })
    const plains = [
      JSON.stringify(await exportJWK(privateKey)),
      'secret',
      '{"kty":"EC","d":"secret"}',
    ]
    for (const plain of plains) {
      const jwe = await new CompactEncrypt(Buffer.from(plain))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: 'a' })
        .encrypt(kek)
      await writeFile(join(folder, 'a.jwe'), jwe)
      const error = await refusal(folder, 'a')
      expect(error.message).toContain('no key on P-256')
      expect(error.cause).toBeUndefined()
    }
  })

  it('works again when a file is back, and goes on with a key that it knows', async () => {
    const { folder, jwks } = await folderWith('a')
    const keys = open(folder)
    const [file, away] = [join(folder, 'a.jwe'), join(folder, 'away')]
    await rename(file, away)
    await expect(keys.sign('a', DATA)).rejects.toThrow('there is none of this id')
    await rename(away, file)
    expect(jwks[0] && (await holds(jwks[0], DATA, await keys.sign('a', DATA)))).toBe(true)
    await rename(file, away)
    expect(await keys.sign('a', DATA)).toHaveLength(64)
  })

  it('says that keys cannot be written', async () => {
    const { folder } = await folderWith('a')
    const below = open(join(folder, 'a.jwe', 'below'))
    await expect(below.generate('b')).rejects.toThrow(SigningUnavailableError)
  })

  it('ends with one key when several processes make the same one', async () => {
    const folder = newFolder()
    const body = `
      const keys = createFileKeyProvider({ folder: ${JSON.stringify(folder)}, keyEncryptionKey: Buffer.from('${kek.toString('hex')}', 'hex') })
      await new Promise((resolve) => setTimeout(resolve, Number(process.argv[1]) - Date.now()))
      const made = []
      for (let index = 0; index < 20; index++) made.push(await keys.generate('key-' + index))
      console.log(JSON.stringify(made))`
    const start = String(Date.now() + 1500)
    const outputs = await Promise.all(
      [1, 2, 3].map(() => promisify(execFile)(process.execPath, [...program(body), start])),
    )
    expect(new Set(outputs.map(({ stdout }) => stdout)).size).toBe(1)
    expect(await readdir(folder)).toHaveLength(20)
    const jwk = JSON.parse(outputs[0]?.stdout ?? '')[7]
    expect(await holds(jwk, DATA, await open(folder).sign('key-7', DATA))).toBe(true)
  })
})

describe('rewrapFileKeys', () => {
  const to = randomBytes(32)

  it('puts all keys under the new key encryption key', async () => {
    const { folder, jwks } = await folderWith('a', 'b', 'c')
    await writeFile(join(folder, '.a.0.tmp'), 'left by a writer that was killed')
    await writeFile(join(folder, 'README'), 'not a key')
    expect(await rewrapFileKeys({ folder, from: kek, to })).toEqual({ rewrapped: 3, already: 0 })
    expect(await rewrapFileKeys({ folder, from: kek, to })).toEqual({ rewrapped: 0, already: 3 })
    expect((await readdir(folder)).sort()).toEqual(['README', 'a.jwe', 'b.jwe', 'c.jwe'])
    expect((await stat(join(folder, 'a.jwe'))).mode & 0o777).toBe(0o600)
    const keys = open(folder, to)
    expect(await Promise.all(['a', 'b', 'c'].map((id) => keys.generate(id)))).toEqual(jwks)
    await refusal(folder, 'a')
  })

  it('rewraps the others when a file is damaged, and names it', async () => {
    const { folder } = await folderWith('a', 'b', 'c')
    await truncate(join(folder, 'b.jwe'), 100)
    await expect(rewrapFileKeys({ folder, from: kek, to })).rejects.toThrow(
      'Rewrapping left 1 of 3 keys as they were: b',
    )
    expect(await open(folder, to).sign('c', DATA)).toHaveLength(64)
  })

  it('goes on where it was killed', async () => {
    const ids = Array.from({ length: 300 }, (_, index) => `key-${index}`)
    const { folder, jwks } = await folderWith(...ids)
    const body = `
      console.log('begins')
      await rewrapFileKeys({ folder: ${JSON.stringify(folder)}, from: Buffer.from('${kek.toString('hex')}', 'hex'), to: Buffer.from('${to.toString('hex')}', 'hex') })`
    const child = spawn(process.execPath, program(body), { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(child, 'exit')
    await once(child.stdout, 'data')
    // Kill it as soon as some files are new.
    const before = await stat(join(folder, 'key-150.jwe'))
    while (child.exitCode === null && child.signalCode === null) {
      const { ino } = await stat(join(folder, 'key-150.jwe'))
      if (ino !== before.ino) child.kill('SIGKILL')
      await new Promise((resolve) => setImmediate(resolve))
    }
    await ended
    const { rewrapped, already } = await rewrapFileKeys({ folder, from: kek, to })
    expect(rewrapped + already).toBe(300)
    expect(already).toBeGreaterThan(0)
    expect(await readdir(folder)).toHaveLength(300)
    const keys = open(folder, to)
    expect(await Promise.all(ids.map((id) => keys.generate(id)))).toEqual(jwks)
  })
})
