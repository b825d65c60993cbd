import { createGroupCommit } from '@lexchange/access-records'

import type { AccessLog, AccessLogOptions } from './access-log.ts'
import { createSlotWriter } from './slot-writer.ts'

/** Under load a write waits so long at most, in ms, for more records to share it. */
const GATHER_MS = 2

/**
 * Records of one slot, in a chain, in segment files: docs/flows/log-access.md. Records that come while
 * others are written share the next write. Where the disk refuses nobody is answered, and the slot is taken
 * over anew: what a failed write has left is found then, or cut off.
 */
export function openAccessLog(options: AccessLogOptions): AccessLog {
  const writer = createSlotWriter(options)
  const group = createGroupCommit(writer.write, GATHER_MS)
  return {
    add: group.push,
    async open() {
      await writer
        .open()
        .catch((err: unknown) => options.log.error({ err }, 'access records cannot be written yet'))
    },
    async close() {
      await group.settled()
      await writer.close()
    },
  }
}
