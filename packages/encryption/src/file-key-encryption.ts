import { readFileSync, statSync } from 'node:fs'

import { decrypt, encrypt } from './aes-gcm.ts'
import { EncryptionUnavailableError } from './encryption.errors.ts'
import { type KeyEncryption, keyIdOf } from './key-encryption.ts'

/** 32 bytes in base64 by id, the one that wraps first. */
type KeyFile = { keys: readonly { id: string; key: string }[] }

const KEY_BYTES = 32
const ID = /^[\w-]{1,64}$/

/** How often, in ms, it is looked whether the file has changed. */
const LOOK = 1_000

/**
 * Key-encryption keys in a file, `{"keys": [{"id", "key"}]}`, of mode 0600. A new first key wraps from
 * within a second on; those after it still unwrap, until nothing is wrapped by them any more.
 * @throws EncryptionUnavailableError when the file is missing, malformed or readable by others.
 */
export function createFileKeyEncryption(path: string, now: () => number = Date.now): KeyEncryption {
  let looked = now()
  let changed = mark(path)
  let keys = readKeys(path)

  function refresh(): void {
    if (now() - looked < LOOK) return
    looked = now()
    try {
      const present = mark(path)
      if (present === changed) return
      keys = readKeys(path)
      changed = present
    } catch {
      // While the file is being replaced the keys known last hold.
    }
  }

  return {
    currentKeyId() {
      refresh()
      return keys.keys().next().value as string
    },
    async wrap(dataKey, about) {
      refresh()
      const [id, key] = keys.entries().next().value as [string, Buffer]
      return `v1.${id}.${encrypt(key, dataKey, `${id}|${about}`).toString('base64url')}`
    },
    async unwrap(wrapped, about) {
      refresh()
      const id = keyIdOf(wrapped)
      const key = keys.get(id)
      if (!key) throw new EncryptionUnavailableError(`There is no key-encryption key ${id}`)
      const sealed = Buffer.from(wrapped.split('.')[2] ?? '', 'base64url')
      return decrypt(key, sealed, `${id}|${about}`)
    },
  }
}

function mark(path: string): string {
  try {
    const { mtimeMs, ino, size } = statSync(path)
    return `${mtimeMs} ${ino} ${size}`
  } catch (cause) {
    throw new EncryptionUnavailableError(
      `The file of key-encryption keys ${path} is missing`,
      cause,
    )
  }
}

function readKeys(path: string): Map<string, Buffer> {
  // Whoever else may read it could read every claim; a mount of Windows has no such modes.
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0)
    throw new EncryptionUnavailableError(`${path} may be read by others: chmod 600 it`)
  const { keys } = parse(path)
  const entries = keys.map(({ id, key }) => [id, Buffer.from(key, 'base64')] as const)
  const whole = entries.every(([id, key]) => ID.test(id) && key.length === KEY_BYTES)
  if (entries.length === 0 || !whole)
    throw new EncryptionUnavailableError(`${path} must hold keys of ${KEY_BYTES} bytes with an id`)
  return new Map(entries)
}

function parse(path: string): KeyFile {
  try {
    const file = JSON.parse(readFileSync(path, 'utf8')) as KeyFile
    if (Array.isArray(file.keys) && file.keys.every(({ id, key }) => id && key)) return file
  } catch {
    // Without the cause: what a parser says of its input may hold a part of a key.
  }
  throw new EncryptionUnavailableError(`${path} must be JSON: {"keys": [{"id", "key"}]}`)
}
