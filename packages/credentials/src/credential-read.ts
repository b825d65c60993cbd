import { attempt, CredentialError, type Failure, type Outcome } from './credential.errors.ts'
import { CREDENTIAL_TYP } from './credential-draft.ts'
import { parseDisclosure } from './disclosure.ts'
import { type Jws, parseJws } from './jws.ts'
import { type PlacedDisclosure, placeDisclosures } from './place-disclosures.ts'
import { type SdJwtParts, splitSdJwt } from './sd-jwt.ts'
import type { JsonObject } from './strict-json.ts'

/** Only this package reads what is not verified. */
export const UNVERIFIED: unique symbol = Symbol('unverified')

/** A credential that was parsed. Nothing in it is to be trusted before `checkSignature`. */
export type UnverifiedCredential = {
  readonly ok: true
  /** Who claims to have signed: good for finding a key, for nothing else. */
  readonly claimed: { readonly issuer: string | undefined; readonly kid: string | undefined }
  readonly [UNVERIFIED]: {
    readonly jws: Jws
    readonly vct: string
    readonly parts: SdJwtParts
    readonly placed: Outcome<readonly PlacedDisclosure[]>
  }
}

export type CredentialReading = UnverifiedCredential | Failure

/** SD-JWT VC, 2.2.2.2: what the issuer must say in the open. */
const NEVER_DISCLOSED = ['iss', 'nbf', 'exp', 'cnf', 'status', 'vct', 'vct#integrity', 'aka_vcts']

/** A holder calls claims by their names alone: `contactPhone`, but `holder.name`. */
export const DISCLOSURE_RULES = { neverDisclosed: new Set(NEVER_DISCLOSED), implied: 'claims' }

/**
 * Parses a presented SD-JWT VC and finds the places of its disclosures. The answer depends on the text alone, so it
 * can be kept. Time and memory are bounded; whatever comes in, nothing is thrown.
 */
export function readCredential(compact: string): CredentialReading {
  const outcome = attempt(() => read(compact))
  return outcome.ok ? outcome.value : outcome
}

function read(compact: string): UnverifiedCredential {
  const parts = splitSdJwt(compact)
  const jws = parseJws(parts.jwt, { typ: CREDENTIAL_TYP, malformed: 'credential-malformed' })
  const { payload } = jws
  const { iss, vct } = payload
  if (typeof vct !== 'string') throw new CredentialError('credential-malformed', 'vct is missing')
  if (iss !== undefined && typeof iss !== 'string') {
    throw new CredentialError('credential-malformed', 'iss is no string')
  }
  requireTimes(payload)
  const placed = attempt(() =>
    placeDisclosures(payload, parts.disclosures.map(parseDisclosure), DISCLOSURE_RULES),
  )
  return {
    ok: true,
    claimed: { issuer: iss, kid: jws.kid },
    [UNVERIFIED]: { jws, vct, parts, placed },
  }
}

function requireTimes(payload: JsonObject): void {
  for (const name of ['iat', 'nbf', 'exp']) {
    const time = payload[name]
    if (time !== undefined && (typeof time !== 'number' || !Number.isFinite(time))) {
      throw new CredentialError('credential-malformed', `${name} is no number`)
    }
  }
}
