import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'

import { signEs256 } from '@lexchange/credentials'

import { type KeyProvider, type PublicJwk, requireKeyId } from '../key-provider.ts'
import { SigningUnavailableError } from '../keys.errors.ts'
import { addKeyFile, keepNames, readKeyFile } from './key-files.ts'
import { openKey, requireEncryptionKey, sealKey } from './sealed-key.ts'

export type FileKeyProviderOptions = {
  /** Where `<id>.jwe` of each key lies; made (mode 0700) with the first key. Needs hard links. */
  folder: string
  /** 32 bytes that the files are encrypted with (A256GCM). */
  keyEncryptionKey: Buffer
}

/**
 * Keeps each key in an encrypted file. A key that was used stays in memory until `close`, so it goes
 * on signing when its file is away.
 * @throws RangeError when the key encryption key is not 32 bytes.
 */
export function createFileKeyProvider(options: FileKeyProviderOptions): KeyProvider {
  const { folder } = options
  requireEncryptionKey(options.keyEncryptionKey)
  const encryptionKey = Uint8Array.from(options.keyEncryptionKey)
  const keys = new Map<string, Promise<KeyObject>>()
  let closed = false

  function keyOf(id: string): Promise<KeyObject> {
    const known = keys.get(id)
    if (known) return known
    const key = loadKey(folder, id, encryptionKey)
    keys.set(id, key)
    // What failed may work the next time: a file that is restored, a folder that is mounted.
    key.catch(() => keys.delete(id))
    return key
  }

  function check(id: string): void {
    requireKeyId(id)
    if (closed) throw new SigningUnavailableError(`Key ${id} is not available: the keys are closed`)
  }

  return {
    kind: 'file',
    async generate(id) {
      check(id)
      await ensureKeyFile(folder, id, encryptionKey)
      return toPublicJwk(await keyOf(id))
    },
    async sign(id, data) {
      check(id)
      return signEs256(await keyOf(id), data)
    },
    async close() {
      closed = true
      keys.clear()
    },
  }
}

async function loadKey(folder: string, id: string, encryptionKey: Uint8Array): Promise<KeyObject> {
  const sealed = await readKeyFile(folder, id).catch((cause) => {
    throw new SigningUnavailableError(`Key ${id} could not be read`, cause)
  })
  if (sealed === undefined)
    throw new SigningUnavailableError(`Key ${id} could not be read: there is none of this id`)
  return openKey(encryptionKey, id, sealed)
}

async function ensureKeyFile(folder: string, id: string, encryptionKey: Uint8Array) {
  try {
    // An earlier writer may have been killed before its file was sure to stay.
    if ((await readKeyFile(folder, id)) !== undefined) return await keepNames(folder)
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    await addKeyFile(folder, id, await sealKey(encryptionKey, id, privateKey))
  } catch (cause) {
    throw new SigningUnavailableError(`Key ${id} could not be written`, cause)
  }
}

function toPublicJwk(privateKey: KeyObject): PublicJwk {
  const { x, y } = createPublicKey(privateKey).export({ format: 'jwk' })
  return { kty: 'EC', crv: 'P-256', x: x as string, y: y as string }
}
