import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { createFileKeyEncryption } from '@lexchange/encryption'
import { createFileKeyProvider, type KeyProvider, SigningUnavailableError } from '@lexchange/keys'
import { makeTestFolder, removeTestFolder } from '@lexchange/testing'

import type { SigningConfig } from '../src/signing/index.ts'

/** Enough for a test, and made in no time. */
export const STATUS_LIST_SIZE = 4_096

export type Away = {
  /** It does not sign. */
  now: boolean
  /** It makes no keys. */
  generating: boolean
  /** Signing takes until then, as with a slow token. */
  until: Promise<unknown> | undefined
  /** How many signatures are being made. */
  waiting: number
  /** How many it has made. */
  signed: number
}

/** Settings of signing over a folder of its own, and a key provider that can be taken away. */
export function testSigning(publicUrl: string, registryUrl: string) {
  const folder = makeTestFolder()
  const keyEncryptionKey = randomBytes(32)
  const keyDir = join(folder, 'keys')
  const provider = createFileKeyProvider({ folder: keyDir, keyEncryptionKey })
  const away: Away = { now: false, generating: false, until: undefined, waiting: 0, signed: 0 }
  const pulled = () => Promise.reject(new SigningUnavailableError('The token was pulled out'))
  const switched: KeyProvider = {
    ...provider,
    async sign(id, data) {
      away.waiting++
      await away.until
      away.waiting--
      if (away.now) return pulled()
      away.signed++
      return provider.sign(id, data)
    },
    // Several replicas have it.
    close: async () => {},
    generate: (id) => (away.generating ? pulled() : provider.generate(id)),
  }
  const config: SigningConfig = {
    PUBLIC_URL: publicUrl,
    TOKEN_ISSUER: registryUrl,
    KEY_PROVIDER: 'file',
    KEY_ENCRYPTION_KEY: new Uint8Array(keyEncryptionKey),
    KEY_DIR: keyDir,
    PKCS11_LIBRARY: '',
    PKCS11_TOKEN: '',
    PKCS11_PIN: '',
    KEY_ROTATION_DAYS: 90,
    KEY_OVERLAP_SECONDS: 300,
    CREDENTIAL_DECOYS: 0,
    STATUS_LIST_LIFETIME_SECONDS: 43_200,
    STATUS_LIST_TTL_SECONDS: 60,
    STATUS_CHECK_SECONDS: 60,
  }
  const claims = createClaimKeyring(folder)
  async function remove() {
    await provider.close()
    removeTestFolder(folder)
  }
  return { config, away, provider: switched, claims, remove }
}

/** A keyring of claims in a folder, with one key, that further ones can be put before. */
function createClaimKeyring(folder: string) {
  const path = join(folder, 'claim-keys.json')
  const all: { id: string; key: string }[] = []
  const write = () => writeFileSync(path, JSON.stringify({ keys: all }), { mode: 0o600 })
  const rotate = (id: string) => {
    all.unshift({ id, key: randomBytes(32).toString('base64') })
    write()
  }
  rotate('first')
  let offset = 0
  return {
    path,
    keys: createFileKeyEncryption(path, () => Date.now() + offset),
    /** Seen at once. */
    rotate(id: string) {
      rotate(id)
      offset += 2_000
    },
    drop(id: string) {
      all.splice(
        all.findIndex((each) => each.id === id),
        1,
      )
      write()
      offset += 2_000
    },
  }
}
