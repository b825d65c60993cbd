export interface HoldTables {
  secrecy_hold: {
    id: string
    department: string | null
    case_ref: string | null
    agreement: string | null
    until: Date
    legal_basis: unknown
    created_at: Date
    created_by: string
    ended_at: Date | null
    ended_by: string | null
  }
}
