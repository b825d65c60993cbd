import { link, mkdir, open, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'

import { syncFolder } from './segment-files.ts'

/** Id of this replica, made by whichever of its processes comes first and kept for good. */
export async function replicaId(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, 'replica-id')
  const known = await readFile(path, 'utf8').catch(() => '')
  if (known !== '') return known
  const draft = join(folder, `replica-id-${crypto.randomUUID()}`)
  const handle = await open(draft, 'wx', 0o600)
  try {
    await handle.write(crypto.randomUUID())
    await handle.sync()
    await link(draft, path)
    await syncFolder(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await handle.close()
    await unlink(draft)
  }
  return readFile(path, 'utf8')
}

export const accessSource = (replica: string, slot: number) => `verification-${replica}-${slot}`
