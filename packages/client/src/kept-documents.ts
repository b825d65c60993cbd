import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Documents by name, in a folder if there is one. */
export type KeptDocuments = {
  read(name: string): Promise<string | undefined>
  write(name: string, text: string): Promise<void>
}

export function createKeptDocuments(folder: string | undefined): KeptDocuments {
  if (folder === undefined) return { read: async () => undefined, write: async () => {} }
  const fileOf = (name: string) => join(folder, /^[\w.-]+$/.test(name) ? name : hash(name))
  return {
    async read(name) {
      try {
        return await readFile(fileOf(name), 'utf8')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },
    async write(name, text) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const draft = join(folder, `.${randomUUID()}`)
      // Whole or not at all: a process may end at any moment.
      await writeFile(draft, text, { mode: 0o600 })
      await rename(draft, fileOf(name))
    },
  }
}

function hash(name: string): string {
  return createHash('sha256').update(name).digest('hex')
}
