import { rm } from 'node:fs/promises'

import { SigningUnavailableError } from '../keys.errors.ts'
import { listKeyFiles, readKeyFile, replaceKeyFile } from './key-files.ts'
import { openKey, requireEncryptionKey, resealKey } from './sealed-key.ts'

export type RewrapOptions = {
  folder: string
  /** Key encryption key of 32 bytes that the files are under until now. */
  from: Buffer
  /** The one, of 32 bytes too, that they are under afterwards. */
  to: Buffer
}

export type Rewrapped = {
  /** Files that this call rewrote. */
  rewrapped: number
  /** Files that were under the new key already. */
  already: number
}

/**
 * Encrypts all key files anew. Killed half-way, it is simply called again with the same keys. Services
 * that make keys are stopped meanwhile: they would make them under the old key encryption key.
 * @throws SigningUnavailableError when neither key opens some files; all others are rewrapped then.
 */
export async function rewrapFileKeys({ folder, from, to }: RewrapOptions): Promise<Rewrapped> {
  requireEncryptionKey(from)
  requireEncryptionKey(to)
  const { ids, leftOver } = await listKeyFiles(folder)
  // They hold keys under the old key encryption key, which may be known to someone.
  await Promise.all(leftOver.map((file) => rm(file, { force: true })))
  const counts = { rewrapped: 0, already: 0 }
  const failed = new Map<string, unknown>()
  for (const id of ids)
    try {
      counts[await rewrapFile(folder, id, from, to)]++
    } catch (error) {
      failed.set(id, error)
    }
  if (failed.size > 0)
    throw new SigningUnavailableError(
      `Rewrapping left ${failed.size} of ${ids.length} keys as they were: ${[...failed.keys()].join(', ')}`,
      failed.values().next().value,
    )
  return counts
}

async function rewrapFile(folder: string, id: string, from: Buffer, to: Buffer) {
  const sealed = await readKeyFile(folder, id)
  if (sealed === undefined)
    throw new SigningUnavailableError(`Key ${id} could not be read: its file has gone`)
  const known = await openKey(to, id, sealed).catch(() => undefined)
  if (known) return 'already'
  await replaceKeyFile(folder, id, await resealKey({ from, to }, id, sealed))
  return 'rewrapped'
}
