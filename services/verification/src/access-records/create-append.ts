import { writeSync } from 'node:fs'

import type { Append } from './access-log.ts'
import { writeWhole } from './segment-files.ts'

/** A disk that takes longer, in ms, is waited for in another thread. */
const SLOW_MS = 2
/** After so many writes it is tried again whether it is quick now. */
const TRY_AGAIN = 20

/**
 * Writes in this thread as long as the disk is quick: all whose answers wait for the write have been heard,
 * and to hand it to another thread and back costs as much as the write itself. A slow disk is not let hold
 * up the rest of the process.
 */
export function createAppend(now = () => performance.now()): Append {
  let elsewhere = 0
  return (handle, bytes, position) => {
    if (elsewhere > 0) {
      elsewhere--
      return writeWhole(handle, bytes, position)
    }
    const begun = now()
    const written = writeSync(handle.fd, bytes, 0, bytes.length, position)
    if (now() - begun > SLOW_MS) elsewhere = TRY_AGAIN
    if (written === bytes.length) return undefined
    return writeWhole(handle, bytes.subarray(written), position + written)
  }
}
