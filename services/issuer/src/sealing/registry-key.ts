import type { KeyEntry } from '@lexchange/contracts'
import { CompactEncrypt, type CryptoKey, importJWK, type JWK } from 'jose'

import { SealingKeyUnavailableError } from './sealing.errors.ts'

/** Encrypts for the registry, which announces its key on DIRECTORY. */
export type RegistryKey = {
  /** @throws SealingKeyUnavailableError while no key is known */
  require(): void
  /** Claims of one version as a compact JWE (RFC 7516). @throws SealingKeyUnavailableError */
  encrypt(version: { licenseId: string; version: number }, claims: object): Promise<string>
}

const ALGORITHM = 'ECDH-ES+A256KW'

/** @param find the entry of the directory, as it is now. */
export function createRegistryKey(find: () => KeyEntry | undefined): RegistryKey {
  let imported: { jwk: JWK; key: Promise<CryptoKey> } | undefined

  function present(): JWK {
    const [jwk] = find()?.jwks.keys ?? []
    if (!jwk) throw new SealingKeyUnavailableError()
    return jwk as JWK
  }

  async function keyOf(jwk: JWK): Promise<CryptoKey> {
    if (imported?.jwk !== jwk)
      imported = { jwk, key: importJWK(jwk, ALGORITHM) as Promise<CryptoKey> }
    try {
      return await imported.key
    } catch (cause) {
      throw new SealingKeyUnavailableError(cause)
    }
  }

  return {
    require() {
      present()
    },
    async encrypt({ licenseId, version }, claims) {
      const jwk = present()
      const key = await keyOf(jwk)
      return new CompactEncrypt(Buffer.from(JSON.stringify(claims)))
        .setProtectedHeader({
          ...{ alg: ALGORITHM, enc: 'A256GCM' },
          ...(jwk.kid !== undefined && { kid: jwk.kid }),
          ...{ lic: licenseId, ver: version },
        })
        .encrypt(key)
    },
  }
}
