import { fstatSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { join } from 'node:path'

/** The right to write the records of one slot. */
export type Ownership = {
  /** False once another writer has taken the slot over. */
  readonly holds: boolean
  release(): Promise<void>
}

/**
 * Takes a slot over from whoever had it, even from one that still runs: its file is replaced by ours, and
 * an open file that no name leads to any more tells that. A writer looks after each write and before
 * it lets answers go; the new one looks for records after it has taken over. So whatever was answered
 * is found, and what the old one writes later was never answered.
 */
export async function takeOwnership(folder: string): Promise<Ownership> {
  const draft = join(folder, `owner-${crypto.randomUUID()}`)
  const handle = await open(draft, 'wx', 0o600)
  await handle.write(String(process.pid))
  await rename(draft, join(folder, 'owner'))
  return {
    get holds() {
      return fstatSync(handle.fd).nlink > 0
    },
    release: () => handle.close(),
  }
}
