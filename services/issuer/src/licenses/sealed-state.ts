import type { SealedFields } from '@lexchange/contracts'
import { openValue, sealValue } from '@lexchange/encryption'
import { type Claims, getLicenseType, type Holder, publicClaims } from '@lexchange/license'

import { type AnyLicense, type License, publicHolder, type StoredLicense } from './license.ts'

type State = Pick<License['state'], 'holder' | 'claims'>

/** Before the name of what is personal of a holder: no claim has a point in its name. */
const HOLDER = 'holder.'

/** Personal and secret claims of the present version. */
export function sensitiveClaims({ type, state }: Pick<AnyLicense, 'type' | 'state'>): Claims {
  const shown = publicClaims(getLicenseType(type), state.claims)
  return Object.fromEntries(
    Object.entries(state.claims).filter(([name]) => !Object.hasOwn(shown, name)),
  )
}

/** What must not be stored in the clear: personal and secret claims, and who a person is. */
function sensitiveFields(license: Pick<AnyLicense, 'type' | 'state'>): Claims {
  const { kind, ...holder } = license.state.holder
  const ofHolder = kind === 'person' ? Object.entries(holder) : []
  return {
    ...sensitiveClaims(license),
    ...Object.fromEntries(ofHolder.map(([name, value]) => [`${HOLDER}${name}`, value])),
  }
}

export function hasSensitiveFields(license: Pick<AnyLicense, 'type' | 'state'>): boolean {
  return Object.keys(sensitiveFields(license)).length > 0
}

/** What may be stored as it is. */
export function publicState({ type, state }: Pick<AnyLicense, 'type' | 'state'>): State {
  return {
    holder: publicHolder(state.holder) as Holder,
    claims: publicClaims(getLicenseType(type), state.claims),
  }
}

/** Each field by itself, bound to its license, version and name. */
export function sealFields(
  license: Pick<AnyLicense, 'id' | 'type' | 'state'>,
  key: Uint8Array,
): SealedFields {
  const place = { licenseId: license.id, version: license.state.version }
  return Object.fromEntries(
    Object.entries(sensitiveFields(license)).map(([field, value]) => [
      field,
      sealValue(key, { ...place, field }, value),
    ]),
  )
}

/** The whole state of a stored license again. */
export function openFields(
  { id, state, sealed }: Pick<StoredLicense, 'id' | 'state' | 'sealed'>,
  key: Uint8Array,
): License['state'] {
  const opened = Object.entries(sealed ?? {}).map(([field, value]) => {
    const place = { licenseId: id, version: state.version, field }
    return [field, openValue(key, place, value)] as const
  })
  const ofHolder = opened.flatMap(([field, value]) =>
    field.startsWith(HOLDER) ? [[field.slice(HOLDER.length), value]] : [],
  )
  const claims = Object.fromEntries(opened.filter(([field]) => !field.startsWith(HOLDER)))
  return {
    ...state,
    holder: { ...state.holder, ...Object.fromEntries(ofHolder) },
    claims: { ...state.claims, ...claims },
  }
}
