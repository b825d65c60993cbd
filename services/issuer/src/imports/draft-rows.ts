import type { AuthorityEntry } from '@lexchange/contracts'
import { compileBody, toInputErrors } from '@lexchange/http-server'
import { DomainError } from '@lexchange/problems'

import {
  type CheckedLicense,
  draftLicense,
  type ImportRow,
  ImportRowSchema,
  newSerial,
  toApplication,
} from '../licenses/index.ts'
import type { RowError } from './import.repository.ts'
import type { ReceivedRow } from './received-row.ts'

const isImportRow = compileBody(ImportRowSchema)

export type RowRules = {
  authority: AuthorityEntry
  /** Type of rows that name none. */
  type: string | null
  acceptLegacyUscc: boolean
  now: Date
  newId: () => string
}

export type DraftedRow = { row: number } & (
  | { license: CheckedLicense; errors?: undefined }
  | { license?: undefined; errors: RowError[] }
)

/** Judges a row by itself, by the rules of issuing. */
export function draftRow({ row, content, fault }: ReceivedRow, rules: RowRules): DraftedRow {
  if (content === undefined) return refuse(row, [{ pointer: '', detail: fault }])
  let request: unknown
  try {
    request = JSON.parse(content)
  } catch {
    return refuse(row, [{ pointer: '', detail: 'is not JSON' }])
  }
  if (!isImportRow(request)) return refuse(row, toInputErrors(isImportRow.errors ?? []))
  const { type = rules.type } = request as ImportRow
  if (type === null) return refuse(row, [{ pointer: '/type', detail: 'is required' }])
  if (rules.type !== null && type !== rules.type)
    return refuse(row, [{ pointer: '/type', detail: `must be the import's, ${rules.type}` }])
  try {
    return { row, license: draft({ ...(request as ImportRow), type }, rules) }
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return refuse(row, faultsOf(error))
  }
}

export function faultsOf(error: DomainError): readonly { pointer: string; detail: string }[] {
  return error.errors ?? [{ pointer: '', detail: error.message }]
}

function refuse(row: number, faults: readonly { pointer: string; detail: string }[]): DraftedRow {
  return { row, errors: faults.map(({ pointer, detail }) => ({ row, pointer, detail })) }
}

function draft(
  request: ImportRow,
  { authority, acceptLegacyUscc, now, newId }: RowRules,
): CheckedLicense {
  const application = toApplication(request)
  // A license in use was issued when it began to hold, but not later than now.
  const { validFrom, issuedAt = validFrom < now ? validFrom : now } = application
  return draftLicense(
    authority,
    { ...application, issuedAt },
    { now, id: newId(), serial: newSerial(), acceptLegacyUscc, innerUscc: false },
  )
}
