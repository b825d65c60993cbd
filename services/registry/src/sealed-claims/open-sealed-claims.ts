import type { IssuanceData } from '@lexchange/contracts'
import type { KeyEncryption } from '@lexchange/encryption'
import { type Claims, checkClaims, getLicenseType } from '@lexchange/license'
import {
  type CompactDecryptResult,
  type CryptoKey,
  compactDecrypt,
  decodeProtectedHeader,
  importJWK,
} from 'jose'
import type { Kysely } from 'kysely'
import { findEncryptionKey } from './encryption-key.repository.ts'
import { ALGORITHM, aboutKey } from './encryption-key.ts'
import { SealedClaimsInvalidError } from './sealed-claims.errors.ts'
import type { SealedTables } from './sealed-claims.tables.ts'

/** Opens what issuers seal for the registry. */
export type ClaimOpener = {
  /**
   * Personal and secret claims of an event, checked.
   * @throws SealedClaimsInvalidError: it can never be opened
   * @throws EncryptionUnavailableError: it can be once a key-encryption key is back
   */
  open(db: Kysely<SealedTables>, data: IssuanceData): Promise<Claims>
}

export function createClaimOpener(keys: KeyEncryption): ClaimOpener {
  const privateKeys = new Map<string, CryptoKey>()

  async function privateKeyOf(db: Kysely<SealedTables>, kid: unknown): Promise<CryptoKey> {
    const known = privateKeys.get(String(kid))
    if (known) return known
    const found = await findEncryptionKey(db, String(kid))
    if (!found) throw new SealedClaimsInvalidError('are for a key that the registry does not have')
    const d = await keys.unwrap(found.wrapped, aboutKey(found.jwk.kid))
    const jwk = { ...found.jwk, d: d.toString('base64url') }
    const key = (await importJWK(jwk, ALGORITHM)) as CryptoKey
    privateKeys.set(found.jwk.kid, key)
    return key
  }

  return {
    async open(db, data) {
      const jwe = data.sealedClaims ?? ''
      const { plaintext, protectedHeader } = await decrypt(jwe, await privateKeyOf(db, kidOf(jwe)))
      const { lic, ver } = protectedHeader
      if (lic !== data.licenseId || ver !== data.version)
        throw new SealedClaimsInvalidError('are those of another license or version')
      return checkSealedClaims(data, plaintext)
    },
  }
}

function kidOf(jwe: string): unknown {
  try {
    return decodeProtectedHeader(jwe).kid
  } catch (cause) {
    throw new SealedClaimsInvalidError('are no compact JWE', cause)
  }
}

async function decrypt(jwe: string, key: CryptoKey): Promise<CompactDecryptResult> {
  try {
    return await compactDecrypt(jwe, key, {
      keyManagementAlgorithms: [ALGORITHM],
      contentEncryptionAlgorithms: ['A256GCM'],
    })
  } catch (cause) {
    throw new SealedClaimsInvalidError('cannot be opened', cause)
  }
}

/** Only claims that the type keeps from the public, and valid ones together with the public ones. */
function checkSealedClaims({ type, claims }: IssuanceData, plaintext: Uint8Array): Claims {
  const licenseType = getLicenseType(type)
  const sealed = parse(plaintext)
  for (const name of Object.keys(sealed)) {
    const known = Object.hasOwn(licenseType.classification, name)
    if (!known || licenseType.classification[name] === 'public')
      throw new SealedClaimsInvalidError(`hold one that is not personal or secret in ${type}`)
  }
  const [fault] = checkClaims(licenseType, { ...claims, ...sealed })
  if (fault) throw new SealedClaimsInvalidError(`do not fit: ${fault.pointer} ${fault.detail}`)
  return sealed
}

function parse(plaintext: Uint8Array): Claims {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(plaintext))
  } catch {
    // Without the cause: what a parser says of its input may hold a part of a claim.
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SealedClaimsInvalidError('are no JSON object')
  return value as Claims
}
