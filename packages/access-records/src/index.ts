export {
  type AccessDraft,
  type ChainFault,
  type ChainHead,
  chainRecord,
  EMPTY_CHAIN,
  findChainFault,
  hashAccessRecord,
} from './access-record.ts'
export { createGroupCommit, type GroupCommit } from './group-commit.ts'
