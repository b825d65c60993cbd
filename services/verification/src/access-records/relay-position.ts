import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { ChainHead } from '@lexchange/access-records'

const pathIn = (folder: string) => join(folder, 'relayed.json')

export async function readPosition(folder: string): Promise<ChainHead> {
  try {
    const { sequence, hash } = JSON.parse(await readFile(pathIn(folder), 'utf8'))
    if (Number.isSafeInteger(sequence) && typeof hash === 'string') return { sequence, hash }
  } catch {
    // Never carried anything, or not known any more: the segments that are there begin it.
  }
  return { sequence: 0, hash: '' }
}

/** Need not be durable: of what is repeated nobody takes notice. */
export async function writePosition(folder: string, position: ChainHead): Promise<void> {
  const draft = `${pathIn(folder)}.new`
  await writeFile(draft, JSON.stringify(position), { mode: 0o600 })
  await rename(draft, pathIn(folder))
}
