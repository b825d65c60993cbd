/** Where the registry saw a source, as GET /v1/access-anchors has it. */
export type Anchor = {
  source: string
  sequence: number
  hash: string
  at: string
  /** The source has announced two different records under this number. */
  conflict?: boolean
}

export type AuditFault = {
  source: string
  sequence: number
  fault: /** A record is not there that was there, or that others prove. */
    | 'missing'
    /** Its content is not what its hash says. */
    | 'changed'
    /** It does not follow the record before it. */
    | 'unlinked'
    /** The columns that are searched differ from the record. */
    | 'columns-differ'
    /** The registry saw another record under this number: the chain was written anew. */
    | 'rewritten'
    /** A second record came under the same number. */
    | 'conflict'
  detail?: string
}

/** What is no fault yet: it is on its way, or not anchored yet. */
export type AuditNotice = { source: string; sequence: number; notice: 'pending' | 'not-anchored' }

export type AuditReport = {
  sources: number
  records: number
  faults: AuditFault[]
  notices: AuditNotice[]
}
