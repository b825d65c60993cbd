import { hash as digest } from 'node:crypto'

import type { AccessDraft, ChainHead } from './access-record.ts'
import { timeOrderedId } from './time-ordered-id.ts'

export type EncodedRecord = {
  /** The record as a row (`AccessRow`), as JSON. */
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
 * What `chainRecord` makes, as a row: its text is put together once, is hashed, and is written as it was
 * hashed.
 */
export function encodeRecord(source: string, head: ChainHead, draft: AccessDraft): EncodedRecord {
  const sequence = head.sequence + 1
  const { id = timeOrderedId(), license } = draft
  const covered = `[${text(source)},${sequence},"${head.hash}","${id}",${text(draft.at)},${text(draft.department)},${text(draft.client)},"${draft.action}",${text(license.type)},${text(license.number)},${text(license.id)},${text(draft.region)},${text(draft.holder)},${fields(draft.matched)},${fields(draft.disclosed)},${text(draft.purpose)},${text(draft.caseRef)},${text(draft.agreement)},${text(draft.outcome)},${draft.refused},${draft.receipt},${text(draft.verificationId)}]`
  const hash = digest('sha256', covered, 'base64url')
  return { json: `["${hash}",${covered}]`, head: { sequence, hash } }
}
