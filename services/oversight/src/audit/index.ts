export { type AuditTables, recordAudit } from './record-audit.ts'
