export { accessAnchorRoutes } from './access-anchor.routes.ts'
export type { AccessRecordTables } from './access-record.tables.ts'
export { type AccessRecorder, createAccessRecorder } from './create-access-recorder.ts'
export { onAccessHead } from './on-access-head.ts'
