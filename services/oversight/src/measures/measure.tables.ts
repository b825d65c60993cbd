export interface MeasureTables {
  measure: {
    id: string
    case_id: string
    kind: string
    department: string
    per_minute: number | null
    agreement_id: string | null
    reason: string
    by_client: string
    ordered_at: Date
  }
}
