import type { AuthorityEntry } from '@lexchange/contracts'
import { completeCredential } from '@lexchange/credentials'
import type { Kysely } from 'kysely'

import type { Keyring } from '../keys/index.ts'
import type { EntryPool } from '../status-lists/index.ts'
import { type CredentialTerms, draftLicenseCredential } from './credential-draft.ts'
import { reached } from './issuing-steps.ts'
import type { LicenseTables } from './license.tables.ts'
import type { CheckedLicense } from './license.ts'
import { releaseIntents } from './signing-intent.repository.ts'
import type { IntendedChange, SignedIntent, SigningIntent } from './signing-intent.ts'

export type Clock = { now: () => Date; newId: () => string }

/** What a command needs that ends with a credential. */
export type SigningDeps = Clock & {
  db: Kysely<LicenseTables>
  keyring: Pick<Keyring, 'signerOf' | 'sign' | 'maySign'>
  entries: EntryPool
  terms: CredentialTerms
}

export type SigningAuthority = Pick<AuthorityEntry, 'id' | 'region'>

type Draft = {
  license: CheckedLicense
  change: IntendedChange
  kid: string
  command?: { name: string; hash: string | null } | undefined
}

/** @throws CredentialTooLargeError */
export function draftIntent(
  { terms, now, newId }: Pick<SigningDeps, 'terms' | 'now' | 'newId'>,
  { license, change, kid, command }: Draft,
): SigningIntent {
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
  }
}

/** The same intent to be signed by this key, where the one it was drafted for signs no more. */
export function redraftIntent(
  deps: Pick<SigningDeps, 'terms' | 'now' | 'newId' | 'keyring'>,
  intent: SigningIntent,
  kid: string,
): SigningIntent {
  if (deps.keyring.maySign(intent.kid)) return intent
  const draft = draftLicenseCredential(intent.license, deps.terms, { kid, issuedAt: deps.now() })
  return { ...intent, kid, draft }
}

export type Signing = { intent: SigningIntent; signed?: SignedIntent; error?: unknown }

/** Signs what was committed. What cannot be signed is left for a repetition of its command. */
export async function signIntents(
  { db, keyring }: Pick<SigningDeps, 'db' | 'keyring'>,
  intents: readonly SigningIntent[],
): Promise<Signing[]> {
  const signings = await Promise.all(
    intents.map(async (intent): Promise<Signing> => {
      try {
        const { signingInput } = intent.draft
        const signature = await keyring.sign(intent.kid, Buffer.from(signingInput, 'latin1'))
        const signed = { ...intent, credential: completeCredential(intent.draft, signature) }
        return { intent, signed }
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
