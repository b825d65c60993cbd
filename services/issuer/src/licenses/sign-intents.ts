import type { AuthorityEntry } from '@lexchange/contracts'
import { completeCredential } from '@lexchange/credentials'
import type { Kysely } from 'kysely'

import type { Keyring } from '../keys/index.ts'
import { ClaimsErasedError, type Sealing } from '../sealing/index.ts'
import type { EntryPool } from '../status-lists/index.ts'
import { type CredentialTerms, draftLicenseCredential } from './credential-draft.ts'
import { reached } from './issuing-steps.ts'
import type { LicenseTables } from './license.tables.ts'
import type { CheckedLicense } from './license.ts'
import { hasSensitiveFields, sensitiveClaims } from './sealed-state.ts'
import { releaseIntents } from './signing-intent.repository.ts'
import type { IntendedChange, SignedIntent, SigningIntent } from './signing-intent.ts'

export type Clock = { now: () => Date; newId: () => string }

/** What a command needs that ends with a credential. */
export type SigningDeps = Clock & {
  db: Kysely<LicenseTables>
  keyring: Pick<Keyring, 'signerOf' | 'sign' | 'maySign'>
  entries: EntryPool
  terms: CredentialTerms
  sealing: Sealing
}

export type SigningAuthority = Pick<AuthorityEntry, 'id' | 'region'>

type Draft = {
  license: CheckedLicense
  change: IntendedChange
  kid: string
  command?: { name: string; hash: string | null } | undefined
}

/** @throws ClaimsErasedError, SealingKeyUnavailableError, CredentialTooLargeError */
export function draftIntent(
  { terms, now, newId, sealing }: Pick<SigningDeps, 'terms' | 'now' | 'newId' | 'sealing'>,
  { license, change, kid, command }: Draft,
): SigningIntent {
  if (license.claimsErasedAt && hasSensitiveFields(license)) throw new ClaimsErasedError(license.id)
  if (change && isAnnouncedSealed(license)) sealing.registryKey.require()
  const draft = draftLicenseCredential(license, terms, { kid, issuedAt: now() })
  reached('drafted')
  return {
    id: newId(),
    command: command?.name ?? null,
    requestHash: command?.hash ?? null,
    kid,
    license,
    change,
    draft,
    sealed: null,
  }
}

/** The registry is told of claims, and not who a person is that holds a license. */
function isAnnouncedSealed(license: CheckedLicense): boolean {
  return Object.keys(sensitiveClaims(license)).length > 0
}

/** The same intent to be signed by this key, where the one it was drafted for signs no more. */
export function redraftIntent(
  deps: Pick<SigningDeps, 'terms' | 'now' | 'newId' | 'keyring'>,
  intent: SigningIntent,
  kid: string,
): SigningIntent {
  if (deps.keyring.maySign(intent.kid)) return intent
  const draft = draftLicenseCredential(intent.license, deps.terms, { kid, issuedAt: deps.now() })
  return { ...intent, kid, draft, sealed: null }
}

export type Signing = { intent: SigningIntent; signed?: SignedIntent; error?: unknown }

/** Signs what was committed. What cannot be signed is left for a repetition of its command. */
export async function signIntents(
  { db, keyring, sealing }: Pick<SigningDeps, 'db' | 'keyring' | 'sealing'>,
  intents: readonly SigningIntent[],
): Promise<Signing[]> {
  const signings = await Promise.all(
    intents.map(async (intent): Promise<Signing> => {
      try {
        const { signingInput } = intent.draft
        const [signature, sealedClaims] = await Promise.all([
          keyring.sign(intent.kid, Buffer.from(signingInput, 'latin1')),
          encryptClaims(sealing, intent),
        ])
        const credential = completeCredential(intent.draft, signature)
        return { intent, signed: { ...intent, credential, sealedClaims } }
      } catch (error) {
        return { intent, error }
      }
    }),
  )
  const failed = signings.flatMap(({ intent, signed }) => (signed ? [] : [intent.id]))
  // Where the database is away too, the claim ends by itself.
  if (failed.length > 0) await releaseIntents(db, failed).catch(() => {})
  reached('signed')
  return signings
}

/** For the registry; undefined where there are none, and of a credential made again, which it does not get. */
async function encryptClaims(
  { registryKey }: Sealing,
  { change, license }: SigningIntent,
): Promise<string | undefined> {
  if (!change || !isAnnouncedSealed(license)) return undefined
  const { id: licenseId, state } = license
  return registryKey.encrypt({ licenseId, version: state.version }, sensitiveClaims(license))
}
