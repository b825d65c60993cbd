import { randomBytes } from 'node:crypto'

import { requireClaimMembers } from './claim-value.ts'
import { CredentialError } from './credential.errors.ts'
import { createDecoy, createDisclosure, type Disclosure, type RandomSource } from './disclosure.ts'
import { type EcPublicJwk, requireP256Jwk } from './jwk.ts'
import { completeJws, draftJws, type JwsDraft } from './jws.ts'
import { MAX_CHARACTERS, MAX_DISCLOSURES } from './sd-jwt.ts'
import { isJsonObject, type JsonObject, MAX_DEPTH } from './strict-json.ts'
import { type Time, toSeconds } from './time.ts'

/** Where the status of a credential stands: `status.status_list` (Token Status List, 6). */
export type StatusReference = { readonly uri: string; readonly index: number }

/** What a credential says. The caller has checked it: names and values are signed as they are. */
export type CredentialInput = {
  /** `iss`, a URL. */
  readonly issuer: string
  readonly kid: string
  readonly vct: string
  readonly issuedAt: Time
  readonly notBefore: Time
  /** From this moment on it is expired; left out, it has no end. */
  readonly expires?: Time | undefined
  readonly status: StatusReference
  /** `cnf.jwk`: only who has the private key can present it with a KB-JWT. */
  readonly holderKey?: EcPublicJwk | undefined
  /** Members at the top level, never hidden: `type`, `number`, `holder`, … */
  readonly plain: Readonly<JsonObject>
  readonly claims: {
    readonly public: Readonly<JsonObject>
    /** Each becomes a disclosure of its own. */
    readonly sensitive: Readonly<JsonObject>
  }
  /** Members of `holder`, each a disclosure of its own: for a person, the name and number. */
  readonly sensitiveHolder?: Readonly<JsonObject> | undefined
  /** Digests without a claim that are added to `claims`. */
  readonly decoys: number
  readonly random?: RandomSource
}

/** A credential before its signature. Plain JSON: stored first, signed then. */
export type CredentialDraft = JwsDraft & { readonly disclosures: readonly string[] }

export const CREDENTIAL_TYP = 'dc+sd-jwt'

/** RFC 7519 and SD-JWT VC, 2.2.2.2: names that a plain member may not take. */
const REGISTERED = new Set([
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'cnf', 'status', 'claims'],
  ...['vct', 'vct#integrity', 'aka_vcts', '_sd', '_sd_alg', '...'],
])

/**
 * Builds what will be signed. Two drafts of the same input differ: salts are fresh.
 * @throws CredentialError `name-forbidden`, `name-collision`, `value-not-json`, `too-deep`,
 *   `holder-key-malformed`, `credential-too-large`, `status-index-out-of-range`
 */
export function draftCredential(input: CredentialInput): CredentialDraft {
  const random = input.random ?? randomBytes
  const { index, uri } = input.status
  if (!Number.isSafeInteger(index) || index < 0) {
    throw new CredentialError('status-index-out-of-range', 'An index is an integer from 0')
  }
  requireClaimMembers(input.plain, MAX_DEPTH)
  for (const name of Object.keys(input.plain)) {
    if (REGISTERED.has(name)) throw new CredentialError('name-forbidden', `${name} is registered`)
  }
  // A claim called holder.name could not be told from the name of the holder when choosing.
  if (Object.keys(input.claims.sensitive).some((name) => name.startsWith('holder.'))) {
    throw new CredentialError('name-forbidden', 'A sensitive claim begins with holder.')
  }
  const claims = hide(input.claims.public, input.claims.sensitive, input.decoys, random)
  const holder = draftHolder(input, random)
  const payload = {
    iss: input.issuer,
    vct: input.vct,
    iat: toSeconds(input.issuedAt),
    nbf: toSeconds(input.notBefore),
    ...(input.expires !== undefined && { exp: toSeconds(input.expires) }),
    status: { status_list: { idx: index, uri } },
    ...(input.holderKey && { cnf: { jwk: requireP256Jwk(input.holderKey) } }),
    ...input.plain,
    ...(holder && { holder: holder.object }),
    claims: claims.object,
    _sd_alg: 'sha-256',
  }
  const disclosures = [...claims.disclosures, ...(holder?.disclosures ?? [])]
  const draft = draftJws({ typ: CREDENTIAL_TYP, kid: input.kid }, payload)
  return requireSize({ ...draft, disclosures: disclosures.map(({ encoded }) => encoded) })
}

/**
 * The compact SD-JWT with all disclosures.
 * @param signature of ES256 over `draft.signingInput`, 64 bytes.
 * @throws CredentialError `signature-malformed`
 */
export function completeCredential(
  draft: Pick<CredentialDraft, 'signingInput' | 'disclosures'>,
  signature: Uint8Array,
): string {
  return `${[completeJws(draft, signature), ...draft.disclosures].join('~')}~`
}

type Hidden = { readonly object: JsonObject; readonly disclosures: readonly Disclosure[] }

function draftHolder(input: CredentialInput, random: RandomSource): Hidden | undefined {
  const { holder } = input.plain
  if (input.sensitiveHolder === undefined) return undefined
  if (!isJsonObject(holder)) throw new CredentialError('value-not-json', 'holder is no object')
  return hide(holder, input.sensitiveHolder, 0, random)
}

function hide(
  shown: Readonly<JsonObject>,
  sensitive: Readonly<JsonObject>,
  decoys: number,
  random: RandomSource,
): Hidden {
  // Claims stand below the payload and `claims` or `holder`.
  requireClaimMembers(shown, MAX_DEPTH - 1)
  requireClaimMembers(sensitive, MAX_DEPTH - 1)
  const disclosures = Object.entries(sensitive).map(([name, value]) => {
    if (Object.hasOwn(shown, name)) {
      throw new CredentialError('name-collision', 'A claim is both public and sensitive')
    }
    return createDisclosure(name, value, random)
  })
  const fakes = Array.from({ length: decoys }, () => createDecoy(random))
  // Sorted, so that the order tells neither which claim is which nor which is none (RFC 9901, 4.2.4.1).
  const digests = [...disclosures.map(({ digest }) => digest), ...fakes].sort()
  return { object: digests.length > 0 ? { ...shown, _sd: digests } : { ...shown }, disclosures }
}

function requireSize(draft: CredentialDraft): CredentialDraft {
  if (draft.disclosures.length > MAX_DISCLOSURES) {
    throw new CredentialError('credential-too-large', `More than ${MAX_DISCLOSURES} disclosures`)
  }
  const characters = draft.disclosures.reduce((sum, { length }) => sum + length + 1, 0)
  // 88: the signature and what separates it.
  if (draft.signingInput.length + characters + 88 > MAX_CHARACTERS) {
    throw new CredentialError('credential-too-large', `Longer than ${MAX_CHARACTERS} characters`)
  }
  return draft
}
