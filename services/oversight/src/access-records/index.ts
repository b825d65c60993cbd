export { TimeRangeInvalidError } from './access-record.errors.ts'
export {
  positionOf,
  type RecordPage,
  readRecords,
} from './access-record.repository.ts'
export {
  accessRecordRoutes,
  decodePosition,
  pageOfRecords,
  spanFrom,
} from './access-record.routes.ts'
export type { AccessRecordTables } from './access-record.tables.ts'
export { differingColumn, type RecordColumns } from './columns.ts'
export { createPartitions, type Partitions } from './create-partitions.ts'
export { keepPartitions } from './keep-partitions.ts'
export { recordAccess } from './record-access.ts'
export { type RecordWatcher, startRecording } from './start-recording.ts'
