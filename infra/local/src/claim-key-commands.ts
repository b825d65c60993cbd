import { readFileSync, renameSync, writeFileSync } from 'node:fs'

import { createClaimKeys } from './first-directory.ts'

/** Puts a new key-encryption key in front: it wraps within a second, and those behind it still unwrap. */
export async function rotateClaimKeys(file: string): Promise<number> {
  const { keys } = JSON.parse(readFileSync(file, 'utf8')) as ReturnType<typeof createClaimKeys>
  const [fresh] = createClaimKeys().keys
  const text = JSON.stringify({ keys: [fresh, ...keys] }, null, 2)
  // Renamed when complete, so that a kill leaves the old file or the new one.
  writeFileSync(`${file}.new`, text, { mode: 0o600 })
  renameSync(`${file}.new`, file)
  console.log(`The key ${fresh?.id} wraps data keys now; ${keys.length} behind it still unwrap`)
  return 0
}
