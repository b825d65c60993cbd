export { AccessRecordNotDurableError } from './access-record.errors.ts'
export {
  type AccessDraft,
  accessRecordOf,
  accessRowOf,
  type ChainFault,
  type ChainHead,
  chainRecord,
  EMPTY_CHAIN,
  findChainFault,
  hashAccessRecord,
} from './access-record.ts'
export { type EncodedRecord, encodeRecord } from './encode-record.ts'
export { createGroupCommit, type GroupCommit } from './group-commit.ts'
export { timeOrderedId } from './time-ordered-id.ts'
