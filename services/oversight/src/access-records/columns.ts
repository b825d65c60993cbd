import type { AccessRecord } from '@lexchange/contracts'

/** What of a record is searched. */
export type RecordColumns = {
  at: Date
  id: string
  source: string
  sequence: string
  hash: string
  department: string | null
  client: string
  action: string
  license_type: string | null
  license_number: string | null
  license_id: string | null
  holder: string | null
  purpose: string | null
  case_ref: string | null
  agreement: string | null
  outcome: string
  refused: boolean
}

/** The columns that belong to a record: written with it, and compared with it by verify-audit. */
export function columnsOf(record: AccessRecord): RecordColumns {
  const { license } = record
  return {
    at: new Date(record.at),
    id: record.id.toLowerCase(),
    source: record.source,
    sequence: String(record.sequence),
    hash: record.hash,
    department: record.department,
    client: storable(record.client),
    action: record.action,
    license_type: storableOrNull(license.type),
    license_number: storableOrNull(license.number),
    license_id: storableOrNull(license.id),
    holder: storableOrNull(record.holder),
    purpose: storableOrNull(record.purpose),
    case_ref: storableOrNull(record.caseRef),
    agreement: record.agreement,
    outcome: storable(record.outcome),
    refused: record.refused,
  }
}

/** PostgreSQL takes neither NUL nor half a surrogate pair; the record itself keeps them, escaped. */
function storable(text: string): string {
  return text.replaceAll('\0', '\ufffd').toWellFormed()
}

function storableOrNull(text: string | null): string | null {
  return text === null ? null : storable(text)
}

/** The first column that is not what the record says. */
export function differingColumn(record: AccessRecord, columns: RecordColumns): string | undefined {
  return Object.entries(columnsOf(record)).find(([name, value]) => {
    const stored = columns[name as keyof RecordColumns]
    return value instanceof Date && stored instanceof Date
      ? value.getTime() !== stored.getTime()
      : value !== stored
  })?.[0]
}
