import {
  attempt,
  CredentialError,
  type Failure,
  type FailureCode,
  type Outcome,
} from './credential.errors.ts'
import { checkIssuerSignature, type FindKey } from './issuer-signature.ts'
import { draftJws, type Jws, type JwsDraft, parseJws } from './jws.ts'
import { decodeStatusList, type StatusBits, type StatusList } from './status-list.ts'
import { isJsonObject } from './strict-json.ts'
import { type Time, toSeconds } from './time.ts'

/** What a status list token says (Token Status List, 5.1). */
export type StatusListInput = {
  /** `sub`: what credentials refer to. */
  readonly uri: string
  /** `iss`. */
  readonly issuer?: string
  readonly kid: string
  readonly issuedAt: Time
  readonly expires: Time
  /** Seconds that a copy may be used before it is fetched again. */
  readonly ttl: number
  readonly bits: StatusBits
  /** From `encodeStatusList`. */
  readonly lst: string
}

/** A list whose signature holds. Times in seconds since 1970. */
export type VerifiedStatusList = StatusList & {
  readonly uri: string
  readonly issuedAt: number
  readonly expires: number | undefined
  readonly ttl: number | undefined
}

export type StatusListFailureCode =
  | 'signature-invalid'
  | 'key-unknown'
  | 'key-compromised'
  | 'key-not-yet-valid'
  | 'status-list-mismatch'
  | 'status-list-expired'
  | 'status-list-later'
  /** It could not be fetched. */
  | 'status-list-unavailable'

export type StatusListOutcome = Outcome<VerifiedStatusList, FailureCode | StatusListFailureCode>

/** Seconds by which the clock of the issuer may be ahead. */
const CLOCK_SKEW = 60
const MAX_TOKEN_CHARACTERS = 3 * 1_048_576
const STATUS_LIST_TYP = 'statuslist+jwt'

/** The token to sign; `completeJws` makes it whole. */
export function draftStatusListToken(input: StatusListInput): JwsDraft {
  return draftJws(
    { typ: STATUS_LIST_TYP, kid: input.kid },
    {
      sub: input.uri,
      ...(input.issuer !== undefined && { iss: input.issuer }),
      iat: toSeconds(input.issuedAt),
      exp: toSeconds(input.expires),
      ttl: input.ttl,
      status_list: { bits: input.bits, lst: input.lst },
    },
  )
}

/** What a token claims before its signature was checked: good for finding keys, for nothing else. */
export type UnverifiedStatusListToken = {
  readonly uri: string
  readonly issuer: string | undefined
  readonly kid: string | undefined
  readonly issuedAt: number
  readonly expires: number | undefined
  readonly ttl: number | undefined
}

/** Parses a token without trusting it. Fails with `status-list-malformed`, `status-list-too-large`, … */
export function readStatusListToken(jwt: string): Outcome<UnverifiedStatusListToken> {
  return attempt(() => toClaimed(parseToken(jwt)))
}

export type StatusListQuestion = {
  /** `status.status_list.uri` of the credential. */
  readonly uri: string
  /** Whose key must have signed it: the issuer of the credential. Left out, the `iss` of the token. */
  readonly issuer?: string
  readonly findKey: FindKey
  /** The time that the status is asked for. */
  readonly at: Time
}

/**
 * Checks a status list token (Token Status List, 8.3), and only then unpacks its list. Nothing is thrown:
 * a list that cannot be used says nothing about a credential.
 */
export function verifyStatusListToken(
  jwt: string,
  question: StatusListQuestion,
): StatusListOutcome {
  const parsed = attempt(() => {
    const jws = parseToken(jwt)
    return { jws, claimed: toClaimed(jws) }
  })
  if (!parsed.ok) return parsed
  const { jws, claimed } = parsed.value
  if (claimed.uri !== question.uri) return mismatch('The list is another than the credential names')
  const issuer = question.issuer ?? claimed.issuer
  if (claimed.issuer !== undefined && claimed.issuer !== issuer) {
    return mismatch('The list is of another issuer')
  }
  const signature = checkIssuerSignature(jws, issuer, question.findKey)
  if (signature.result !== 'pass') {
    const code = signature.code as StatusListFailureCode
    return { ok: false, code, detail: signature.detail }
  }
  const { lst, bits } = jws.payload.status_list as Record<string, unknown>
  const list = decodeStatusList(lst, bits)
  if (!list.ok) return list
  const { uri, issuedAt, expires, ttl } = claimed
  return requireCurrent({ ...list.value, uri, issuedAt, expires, ttl }, question.at)
}

/**
 * The list if it speaks about that time. One that is older than its end says nothing any more; one that
 * was made later says nothing yet: a suspension may have come and gone.
 */
export function requireCurrent(list: VerifiedStatusList, at: Time): StatusListOutcome {
  const time = toSeconds(at)
  const { issuedAt, ttl, expires = ttl === undefined ? undefined : issuedAt + ttl } = list
  if (expires !== undefined && time >= expires) {
    return { ok: false, code: 'status-list-expired', detail: 'The list is too old' }
  }
  if (issuedAt > time + CLOCK_SKEW) {
    return { ok: false, code: 'status-list-later', detail: 'The list was made after that time' }
  }
  return { ok: true, value: list }
}

function mismatch(detail: string): Failure<StatusListFailureCode> {
  return { ok: false, code: 'status-list-mismatch', detail }
}

function parseToken(jwt: string): Jws {
  if (typeof jwt !== 'string') throw malformed('A token is a string')
  if (jwt.length > MAX_TOKEN_CHARACTERS) {
    throw new CredentialError('status-list-too-large', 'The token is larger than 3 MiB')
  }
  const jws = parseJws(jwt, { typ: STATUS_LIST_TYP, malformed: 'status-list-malformed' })
  if (!isJsonObject(jws.payload.status_list)) throw malformed('status_list is missing')
  return jws
}

function toClaimed({ kid, payload }: Jws): UnverifiedStatusListToken {
  const { sub, iss, iat, exp, ttl } = payload
  if (typeof sub !== 'string') throw malformed('sub is missing')
  if (iss !== undefined && typeof iss !== 'string') throw malformed('iss is no string')
  if (!isTime(iat)) throw malformed('iat is missing')
  if (exp !== undefined && !isTime(exp)) throw malformed('exp is no time')
  if (ttl !== undefined && !(isTime(ttl) && ttl > 0)) throw malformed('ttl is no positive number')
  return { uri: sub, issuer: iss, kid, issuedAt: iat, expires: exp, ttl }
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function malformed(detail: string): CredentialError {
  return new CredentialError('status-list-malformed', detail)
}
