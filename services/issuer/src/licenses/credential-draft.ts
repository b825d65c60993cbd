import { CredentialError, draftCredential } from '@lexchange/credentials'
import { type Claims, getLicenseType, publicClaims } from '@lexchange/license'

import { credentialIssuer } from '../keys/index.ts'
import { statusListUri } from '../status-lists/index.ts'
import { CredentialTooLargeError } from './license.errors.ts'
import { type CheckedLicense, identifierOf } from './license.ts'

/** What is kept of a draft until it is signed: the bytes, and what of it stays hidden in them. */
export type CredentialDraft = {
  signingInput: string
  disclosures: readonly string[]
  /** `iat`, in seconds since 1970. */
  issuedAt: number
}

export type CredentialTerms = {
  /** Base URLs of this issuer and of the registry, which describes the types. */
  publicUrl: string
  registryUrl: string
  /** Digests without a claim that hide how many sensitive claims there are. */
  decoys: number
}

/**
 * What will be signed of a license: everything public in the open, each personal and secret claim as a
 * disclosure of its own. docs/formats/credential.md @throws CredentialTooLargeError
 */
export function draftLicenseCredential(
  license: CheckedLicense,
  { publicUrl, registryUrl, decoys }: CredentialTerms,
  { kid, issuedAt }: { kid: string; issuedAt: Date },
): CredentialDraft {
  const { statusEntry, state, authority } = license
  if (!statusEntry) throw new Error(`license ${license.id} has no status entry`)
  const claims = publicClaims(getLicenseType(license.type), state.claims)
  const { holder, sensitiveHolder } = splitHolder(license)
  const { signingInput, disclosures, payload } = tooLargeAsProblem(() =>
    draftCredential({
      issuer: credentialIssuer(publicUrl, authority.id),
      kid,
      vct: `${registryUrl}/.well-known/vct/${license.type}`,
      issuedAt: wholeSecond(issuedAt),
      notBefore: nextSecond(state.validFrom),
      ...(state.validUntil && { expires: wholeSecond(state.validUntil) }),
      status: { uri: statusListUri(publicUrl, statusEntry.listId), index: statusEntry.index },
      ...(license.holderKey && { holderKey: license.holderKey }),
      plain: {
        licenseId: license.id,
        identifier: identifierOf(license),
        type: license.type,
        number: license.number,
        version: state.version,
        holder,
        authority: { id: authority.id, name: authority.name },
        region: license.region,
        validFrom: state.validFrom.toISOString(),
        validUntil: state.validUntil?.toISOString() ?? null,
        issuedAt: license.issuedAt.toISOString(),
      },
      claims: { public: claims as never, sensitive: without(state.claims, claims) as never },
      ...(sensitiveHolder && { sensitiveHolder }),
      decoys,
    }),
  )
  return { signingInput, disclosures, issuedAt: Number(payload.iat) }
}

/** Of an enterprise all is public; of a person only that it is one. */
function splitHolder({ state: { holder } }: CheckedLicense) {
  if (holder.kind === 'enterprise') return { holder: { ...holder } }
  const { kind, ...sensitiveHolder } = holder
  return { holder: { kind }, sensitiveHolder }
}

function without(claims: Claims, taken: Claims): Claims {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !Object.hasOwn(taken, name)))
}

/** JWTs count seconds: rounded so that a credential is never good outside its license's validity. */
function wholeSecond(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 1000) * 1000)
}

function nextSecond(time: Date): Date {
  return new Date(Math.ceil(time.getTime() / 1000) * 1000)
}

function tooLargeAsProblem<T>(draft: () => T): T {
  try {
    return draft()
  } catch (error) {
    const large = ['credential-too-large', 'too-deep'] as unknown[]
    if (error instanceof CredentialError && large.includes(error.code))
      throw new CredentialTooLargeError()
    throw error
  }
}
