import { regionCovers } from '@lexchange/license'

import {
  type Check,
  type CheckCode,
  type CheckResult,
  type CredentialVerdict,
  check,
  credentialVerdict,
} from './checks.ts'
import { checkCredential, skipUnsigned } from './credential-check.ts'
import { type CredentialReading, readCredential } from './credential-read.ts'
import type { FindKey } from './issuer-signature.ts'
import type { KeyBindingExpectation } from './key-binding.ts'
import { STATUS_INVALID, STATUS_SUSPENDED, STATUS_VALID, statusAt } from './status-list.ts'
import {
  requireCurrent,
  type StatusListOutcome,
  type VerifiedStatusList,
  verifyStatusListToken,
} from './status-list-token.ts'
import { type Time, toSeconds } from './time.ts'
import { findIssuer, findTrustedKey, type TrustList } from './trust-list.ts'
import type { VerifiedCredential } from './verified-credential.ts'

export type OfflineQuestion = {
  /** The presented SD-JWT VC. */
  readonly credential: string
  /** A status list token, or a list that was verified before. */
  readonly statusList?: string | VerifiedStatusList | undefined
  readonly trustList: TrustList
  /** The time that is asked about, e.g. the opening of bids. */
  readonly at: Time
  /** The time of asking: for ages and the KB-JWT. */
  readonly now: Time
  readonly keyBinding?: KeyBindingExpectation | undefined
}

export type OfflineAnswer = {
  readonly verdict: CredentialVerdict
  /** `signature`, `issuer`, `validity`, `status`, `disclosures`, `holder-binding`, in this order. */
  readonly checks: readonly Check[]
  /** How old the knowledge is at `now`, in seconds; the status list only if it was used. */
  readonly ageSeconds: { readonly statusList: number | undefined; readonly trustList: number }
  /** Only when the signature holds. */
  readonly credential?: VerifiedCredential
}

/**
 * Checks a credential without a network, by what was fetched before. Nothing is thrown for what a
 * stranger sends.
 * @throws CredentialError `trust-list-malformed`
 */
export function verifyOffline(question: OfflineQuestion): OfflineAnswer {
  const { trustList, at, now, keyBinding } = question
  const findKey: FindKey = (issuer, kid) => findTrustedKey(trustList, issuer, kid)
  const reading = readCredential(question.credential)
  const own = checkCredential(reading, { findKey, at, now, keyBinding })
  const [signature, validity, disclosures, holderBinding] = own.checks as [
    Check,
    Check,
    Check,
    Check,
  ]
  const { credential } = own
  const list = credential && findStatusList(question, credential, findKey)
  const checks = [
    signature,
    checkIssuer(reading, credential, trustList),
    validity,
    credential ? checkStatus(credential, list) : skipUnsigned('status'),
    disclosures,
    holderBinding,
  ]
  const listTime = list?.ok ? list.value.issuedAt : undefined
  return {
    verdict: credentialVerdict(checks),
    checks,
    ageSeconds: {
      statusList: listTime === undefined ? undefined : toSeconds(now) - listTime,
      trustList: toSeconds(now) - toSeconds(new Date(trustList.asOf)),
    },
    ...(credential && { credential }),
  }
}

/**
 * Whether the issuer was entitled to the type and region when it issued. Without a signature only one thing is
 * certain: an issuer that is not listed has no right to issue.
 */
export function checkIssuer(
  reading: CredentialReading,
  credential: VerifiedCredential | undefined,
  trustList: TrustList,
): Check<'issuer'> {
  if (credential !== undefined) return checkEntitlement(credential, trustList)
  const issuer = reading.ok ? reading.claimed.issuer : undefined
  const known = issuer === undefined || findIssuer(trustList, issuer) !== undefined
  return known ? skipUnsigned('issuer') : UNKNOWN_ISSUER
}

function checkEntitlement(credential: VerifiedCredential, trustList: TrustList): Check<'issuer'> {
  const entry = findIssuer(trustList, credential.issuer)
  if (entry === undefined) return UNKNOWN_ISSUER
  const { issuedAt, signed } = credential
  const { type, region } = signed
  if (issuedAt === undefined || typeof type !== 'string' || typeof region !== 'string') {
    return check('issuer', 'not-checkable', 'issuer-scope-unknown', 'It names no type or region')
  }
  const entitled = entry.entitlements.some(
    ({ from, to, licenseTypes, region: wider }) =>
      issuedAt >= toSeconds(new Date(from)) &&
      (to === null || issuedAt < toSeconds(new Date(to))) &&
      licenseTypes.includes(type) &&
      regionCovers(wider, region),
  )
  return entitled ? ENTITLED : NOT_ENTITLED
}

const ENTITLED = check('issuer', 'pass', 'issuer-entitled', 'The issuer was entitled to issue it')
const UNKNOWN_ISSUER = check('issuer', 'fail', 'issuer-unknown', 'The issuer is not listed')
const NOT_ENTITLED = check(
  'issuer',
  'fail',
  'issuer-not-entitled',
  'The issuer was not entitled to this type and region then',
)

function findStatusList(
  question: OfflineQuestion,
  credential: VerifiedCredential,
  findKey: FindKey,
): StatusListOutcome | undefined {
  const { statusList, at } = question
  if (statusList === undefined || credential.status === undefined) return undefined
  const { uri } = credential.status
  if (typeof statusList === 'string') {
    return verifyStatusListToken(statusList, { uri, issuer: credential.issuer, findKey, at })
  }
  if (statusList.uri !== uri) {
    return { ok: false, code: 'status-list-mismatch', detail: 'The list is another' }
  }
  return requireCurrent(statusList, at)
}

/**
 * The status by a list. "Could not check" is `not-checkable`, never `fail`.
 * @param list undefined when there is none.
 */
export function checkStatus(
  credential: VerifiedCredential,
  list: StatusListOutcome | undefined,
): Check<'status'> {
  if (credential.status === undefined) {
    return status('not-checkable', 'status-not-referenced', 'The credential names no status list')
  }
  if (list === undefined) {
    return status('not-checkable', 'status-list-missing', 'There is no status list to look in')
  }
  if (!list.ok) return status('not-checkable', list.code, list.detail)
  const { bytes, bits } = list.value
  const { index } = credential.status
  if (index >= (bytes.length * 8) / bits) {
    return status('not-checkable', 'status-index-out-of-range', 'The list has no such index')
  }
  const value = statusAt(bytes, bits, index)
  if (value === STATUS_VALID) return status('pass', 'status-valid', 'The list says valid')
  if (value === STATUS_INVALID) return status('fail', 'status-invalid', 'The list says invalid')
  if (value === STATUS_SUSPENDED)
    return status('fail', 'status-suspended', 'The list says suspended')
  return status('not-checkable', 'status-value-unknown', 'The list has a status of its own')
}

function status(result: CheckResult, code: CheckCode, detail: string): Check<'status'> {
  return check('status', result, code, detail)
}
