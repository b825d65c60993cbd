import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { DirectoryEntry } from './entry.ts'

/** What is kept so that a restart knows keys and suspensions without NATS. */
export type KeptDirectory = { streamCreated: string; entries: DirectoryEntry[] }

/** A file and no database: it is small, read once, and a broken one is only read as none. */
export type DirectoryFile = {
  read(): Promise<KeptDirectory>
  write(directory: KeptDirectory): Promise<void>
}

type WriteDurably = (path: string, text: string) => Promise<void>

export function directoryFile(dataDir: string, writeDurably: WriteDurably): DirectoryFile {
  const path = join(dataDir, 'directory.json')
  return {
    async read() {
      try {
        const { streamCreated, entries } = JSON.parse(await readFile(path, 'utf8'))
        if (typeof streamCreated === 'string' && Array.isArray(entries))
          return { streamCreated, entries }
      } catch {
        // Falls through: the stream tells it all again.
      }
      return { streamCreated: '', entries: [] }
    },
    write: (directory) => writeDurably(path, JSON.stringify(directory)),
  }
}
