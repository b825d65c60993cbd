import { createPublicKey } from 'node:crypto'

import { checkUscc, findLicenseType, isRegion } from '@lexchange/license'

import { DirectoryEntryInvalidError } from './directory.errors.ts'
import { type EntryData, type PublicKeyJwk, SCOPES } from './entry.ts'

/** Checks the rules that a schema cannot say. @throws DirectoryEntryInvalidError */
export function checkAuthority(authority: EntryData['authority']): void {
  requireRegion(authority.region)
  // The inner check is for holders: some authorities have codes older than it.
  const uscc = checkUscc(authority.uscc, { inner: false })
  if (!uscc.ok)
    throw new DirectoryEntryInvalidError(
      '/uscc',
      `is no unified social credit code: ${uscc.reason}`,
    )
  for (const [index, type] of authority.licenseTypes.entries())
    if (!findLicenseType(type))
      throw new DirectoryEntryInvalidError(`/licenseTypes/${index}`, 'is no license type')
}

export function checkDepartment(department: EntryData['department']): void {
  requireRegion(department.region)
}

export function checkClient(client: EntryData['client']): void {
  const { kind, authorityId, departmentId, holderUscc, scopes } = client
  requireOwner('/authorityId', kind === 'authority', authorityId)
  requireOwner('/departmentId', kind === 'department', departmentId)
  requireOwner('/holderUscc', kind === 'holder', holderUscc)
  for (const [index, scope] of scopes.entries())
    if (!SCOPES[kind].includes(scope))
      throw new DirectoryEntryInvalidError(
        `/scopes/${index}`,
        `is no scope of a client of kind ${kind}: ${SCOPES[kind].join(', ')}`,
      )
}

function requireOwner(pointer: string, needed: boolean, id: string | undefined): void {
  if (needed !== (id !== undefined))
    throw new DirectoryEntryInvalidError(
      pointer,
      needed ? 'is required of a client of this kind' : 'does not fit a client of this kind',
    )
}

function requireRegion(region: string): void {
  if (!isRegion(region)) throw new DirectoryEntryInvalidError('/region', 'is no division code')
}

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']

/** Only what identifies the key is kept, so that nothing else a client sends is ever trusted. */
export function checkPublicKey(jwk: PublicKeyJwk, pointer = '/publicKeyJwk'): PublicKeyJwk {
  if (PRIVATE_MEMBERS.some((member) => member in jwk))
    throw new DirectoryEntryInvalidError(
      pointer,
      'holds a private key: make a new pair, this one is no longer secret',
    )
  const { kty, crv, x, y, kid } = jwk
  const named = kid === undefined ? {} : { kid }
  if (kty === 'EC' && crv === 'P-256') {
    requireCoordinates(pointer, x, y)
    requirePoint(pointer, { kty, crv, x, y })
    return { kty, crv, x, y, ...named, alg: 'ES256', use: 'sig' }
  }
  if (kty === 'OKP' && crv === 'Ed25519') {
    requireCoordinates(pointer, x)
    return { kty, crv, x, ...named, use: 'sig' }
  }
  throw new DirectoryEntryInvalidError(pointer, 'must be an EC key on P-256 or an Ed25519 key')
}

/** Any other x and y make no key, and whoever meets it later would find its owner's signatures forged. */
function requirePoint(pointer: string, key: PublicKeyJwk): void {
  try {
    createPublicKey({ key: key as never, format: 'jwk' })
  } catch {
    throw new DirectoryEntryInvalidError(pointer, 'is no point on P-256')
  }
}

function requireCoordinates(pointer: string, ...coordinates: unknown[]): void {
  for (const coordinate of coordinates)
    if (typeof coordinate !== 'string' || !/^[\w-]{43}$/.test(coordinate))
      throw new DirectoryEntryInvalidError(pointer, 'has no coordinate of 32 bytes in base64url')
}
