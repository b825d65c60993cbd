import { type KeyEncryption, openValue, sealValue } from '@lexchange/encryption'

import { makeDataKey, openDataKey } from '../sealing/index.ts'
import { asChecked } from './license.ts'
import { hasSensitiveFields, openFields, sealFields } from './sealed-state.ts'
import type { SealedParts, SigningIntent } from './signing-intent.ts'

/** An intent as it is found. `wrappedKey` is null where nothing of it is sealed. */
export type StoredIntent = Omit<SigningIntent, 'sealed'> & {
  sealed: SealedParts | null
  wrappedKey: string | null
  /** Somebody is working on it. */
  claimed: boolean
}

/** Makes an intent ready to be stored; the first one of a license that has such claims makes its data key. */
export async function sealIntent(
  keys: KeyEncryption,
  intent: SigningIntent,
): Promise<SigningIntent> {
  const { license, draft } = intent
  if (intent.sealed || !hasSensitiveFields(license)) return intent
  const dataKey = license.dataKey ?? (await makeDataKey(keys, license.id))
  const disclosures = sealDisclosures(
    { licenseId: license.id, version: license.state.version },
    dataKey.key,
    draft.disclosures,
  )
  return {
    ...intent,
    license: asChecked({ ...license, dataKey }),
    sealed: { fields: sealFields(license, dataKey.key), disclosures },
  }
}

/** @throws EncryptionUnavailableError when its data key cannot be used */
export async function openIntent(
  keys: KeyEncryption,
  { wrappedKey, claimed: _, ...intent }: StoredIntent,
): Promise<SigningIntent> {
  const { license, draft, sealed } = intent
  if (wrappedKey === null || sealed === null) return { ...intent, sealed: null }
  const dataKey = await openDataKey(keys, wrappedKey, license.id)
  const state = openFields({ ...license, sealed: sealed.fields }, dataKey.key)
  const place = { licenseId: license.id, version: license.state.version }
  const disclosures = openDisclosures(place, dataKey.key, sealed.disclosures)
  return {
    ...intent,
    license: asChecked({ ...license, dataKey, state }),
    draft: { ...draft, disclosures },
  }
}

type Version = { licenseId: string; version: number }

const FIELD = 'credential'

/** The disclosures of a credential, to be stored beside it. */
export function sealDisclosures(
  version: Version,
  key: Uint8Array,
  disclosures: readonly string[],
): string {
  return sealValue(key, { ...version, field: FIELD }, disclosures)
}

/** @throws EncryptionUnavailableError */
export function openDisclosures(version: Version, key: Uint8Array, sealed: string): string[] {
  return openValue(key, { ...version, field: FIELD }, sealed) as string[]
}
