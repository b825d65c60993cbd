import type { Generated } from 'kysely'

export interface AccessRecordTables {
  access_record: {
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
    /** The record as its source has written it. */
    record: string
    received_at: Generated<Date>
  }
  access_source: {
    source: string
    /** Sequences that have come, e.g. `{[1,42)}`: each is taken once. */
    received: Generated<string>
    first_received_at: Generated<Date>
  }
  access_conflict: {
    source: string
    sequence: string
    hash: string
    record: string
    received_at: Generated<Date>
  }
  /** Of the findings: days with records that no summary has yet. */
  tally_due: { department: string; day: string; since: Generated<Date> }
}
