export type { AuditTables } from './audit.tables.ts'
export { recordAudit } from './record-audit.ts'
