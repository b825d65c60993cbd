import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Each projection has a folder of its own; the file `current` names the one in use. */
export type ProjectionFolders = {
  current(): Promise<string | undefined>
  create(): Promise<string>
  /** Puts a folder into use, atomically, and removes all others. */
  use(folder: string): Promise<void>
  remove(folder: string): Promise<void>
}

const PREFIX = 'projection-'

export function projectionFolders(dataDir: string): ProjectionFolders {
  const pointer = join(dataDir, 'current')
  const remove = (folder: string) => rm(folder, { recursive: true, force: true })
  return {
    async current() {
      const name = await readFile(pointer, 'utf8').catch(() => '')
      const folders: string[] = await readdir(dataDir).catch(() => [])
      return name.startsWith(PREFIX) && folders.includes(name) ? join(dataDir, name) : undefined
    },
    async create() {
      const folder = join(dataDir, `${PREFIX}${randomUUID()}`)
      await mkdir(folder, { recursive: true })
      return folder
    },
    async use(folder) {
      const name = folder.slice(dataDir.length + 1)
      await writeDurably(pointer, name)
      const others = (await readdir(dataDir)).filter((each) => each.startsWith(PREFIX))
      for (const other of others) if (other !== name) await remove(join(dataDir, other))
    },
    remove,
  }
}

/** After this the file holds the text or what it held before, whatever happens. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
}
