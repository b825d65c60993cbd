import { hash as digest } from 'node:crypto'

import type { AccessDraft, ChainHead } from './access-record.ts'
import { timeOrderedId } from './time-ordered-id.ts'

export type EncodedRecord = {
  /** The record as JSON, its members in the order of the contract. */
  json: string
  /** Where the chain stands with it. */
  head: ChainHead
}

/** Of these JSON needs no escapes. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/

/** As JSON. Nearly all values are plain, and to look costs less than to have them encoded. */
function text(value: string | null): string {
  if (value === null) return 'null'
  return PLAIN.test(value) ? `"${value}"` : JSON.stringify(value)
}

const fields = (value: readonly string[]) => (value.length === 0 ? '[]' : JSON.stringify(value))

/**
 * What `chainRecord` makes, as JSON: every value is encoded once for the record and for its hash, which
 * halves the cost of a record.
 */
export function encodeRecord(source: string, head: ChainHead, draft: AccessDraft): EncodedRecord {
  const sequence = head.sequence + 1
  const id = draft.id ?? timeOrderedId()
  const { license } = draft
  const from = JSON.stringify(source)
  const at = text(draft.at)
  const department = text(draft.department)
  const client = text(draft.client)
  const type = text(license.type)
  const number = text(license.number)
  const licenseId = text(license.id)
  const region = text(draft.region)
  const holder = text(draft.holder)
  const matched = fields(draft.matched)
  const disclosed = fields(draft.disclosed)
  const purpose = text(draft.purpose)
  const caseRef = text(draft.caseRef)
  const agreement = text(draft.agreement)
  const outcome = text(draft.outcome)
  const verificationId = text(draft.verificationId)
  const hash = digest(
    'sha256',
    `[${from},${sequence},"${head.hash}","${id}",${at},${department},${client},"${draft.action}",${type},${number},${licenseId},${region},${holder},${matched},${disclosed},${purpose},${caseRef},${agreement},${outcome},${draft.refused},${draft.receipt},${verificationId}]`,
    'base64url',
  )
  const json = `{"source":${from},"sequence":${sequence},"previous":"${head.hash}","hash":"${hash}","id":"${id}","at":${at},"department":${department},"client":${client},"action":"${draft.action}","license":{"type":${type},"number":${number},"id":${licenseId}},"region":${region},"holder":${holder},"matched":${matched},"disclosed":${disclosed},"purpose":${purpose},"caseRef":${caseRef},"agreement":${agreement},"outcome":${outcome},"refused":${draft.refused},"receipt":${draft.receipt},"verificationId":${verificationId}}`
  return { json, head: { sequence, hash } }
}
