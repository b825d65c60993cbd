import { createHash } from 'node:crypto'

import type { AccessRecord, AccessRow } from '@lexchange/contracts'

import { timeOrderedId } from './time-ordered-id.ts'

/** What the caller knows; the chain adds the rest. */
export type AccessDraft = Omit<AccessRecord, 'source' | 'sequence' | 'previous' | 'hash' | 'id'> & {
  id?: string
}

/** `previous` of the first record of a source. */
const FIRST_PREVIOUS = 'A'.repeat(43)

/**
 * SHA-256 in base64url over all members but `hash`, in the order of the contract, as a JSON array: so
 * that the order of members in a database or a message does not count.
 */
export function hashAccessRecord(record: Omit<AccessRecord, 'hash'>): string {
  return createHash('sha256')
    .update(JSON.stringify(coveredOf(record)))
    .digest('base64url')
}

/** The record as ACCESS carries it. */
export function accessRowOf(record: AccessRecord): AccessRow {
  return [record.hash, coveredOf(record)]
}

/**
 * The record of a row, or what stands for one where it was written before rows were; whether its hash fits
 * is another question.
 */
export function accessRecordOf(found: AccessRow | AccessRecord): AccessRecord {
  if (!Array.isArray(found)) return found
  const [hash, covered] = found
  const [source, sequence, previous, id, at, department, client, action, ...about] = covered
  const [type, number, licenseId, region, holder, matched, disclosed, ...why] = about
  const [purpose, caseRef, agreement, outcome, refused, receipt, verificationId] = why
  return {
    ...{ source, sequence, previous, hash, id, at, department, client, action },
    license: { type, number, id: licenseId },
    ...{ region, holder, matched, disclosed, purpose, caseRef, agreement, outcome },
    ...{ refused, receipt, verificationId },
  }
}

function coveredOf(record: Omit<AccessRecord, 'hash'>): AccessRow[1] {
  const { license } = record
  return [
    record.source,
    record.sequence,
    record.previous,
    record.id,
    record.at,
    record.department,
    record.client,
    record.action,
    license.type,
    license.number,
    license.id,
    record.region,
    record.holder,
    record.matched,
    record.disclosed,
    record.purpose,
    record.caseRef,
    record.agreement,
    record.outcome,
    record.refused,
    record.receipt,
    record.verificationId,
  ]
}

/** Where a chain stands: its last record. */
export type ChainHead = { sequence: number; hash: string }

export const EMPTY_CHAIN: ChainHead = Object.freeze({ sequence: 0, hash: FIRST_PREVIOUS })

/** The next record of a chain. */
export function chainRecord(source: string, head: ChainHead, draft: AccessDraft): AccessRecord {
  const { id = timeOrderedId(), ...rest } = draft
  const record = { source, sequence: head.sequence + 1, previous: head.hash, id, ...rest }
  return { ...record, hash: hashAccessRecord(record) }
}

export type ChainFault = { sequence: number; fault: 'missing' | 'changed' | 'unlinked' }

/**
 * The first fault of one source's records, which come ascending and follow `head`: one that is missing,
 * one whose hash is not that of its content, one that does not name the hash of the one before it.
 */
export function findChainFault(
  records: Iterable<AccessRecord>,
  head: ChainHead = EMPTY_CHAIN,
): ChainFault | undefined {
  let { sequence, hash } = head
  for (const record of records) {
    if (record.sequence !== sequence + 1) return { sequence: sequence + 1, fault: 'missing' }
    if (record.previous !== hash) return { sequence: record.sequence, fault: 'unlinked' }
    if (record.hash !== hashAccessRecord(record))
      return { sequence: record.sequence, fault: 'changed' }
    ;({ sequence, hash } = record)
  }
  return undefined
}
