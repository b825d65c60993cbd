import { randomUUID } from 'node:crypto'
import { link, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

const SUFFIX = '.jwe'
const LEFT_OVER = /^\.[A-Za-z0-9_.-]+\.tmp$/

const fileOf = (folder: string, id: string) => join(folder, id + SUFFIX)

/** What the file of this key holds; undefined when there is none. */
export async function readKeyFile(folder: string, id: string): Promise<string | undefined> {
  try {
    return await readFile(fileOf(folder, id), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Adds the file of a new key, durably and whole; where another process was first, its file stays. */
export async function addKeyFile(folder: string, id: string, sealed: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await viaTemporary(folder, id, sealed, async (temporary) => {
    try {
      // Unlike rename, link never replaces.
      await link(temporary, fileOf(folder, id))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  })
}

/** Puts new content in the place of the old at once: a reader sees one or the other. */
export async function replaceKeyFile(folder: string, id: string, sealed: string): Promise<void> {
  await viaTemporary(folder, id, sealed, (temporary) => rename(temporary, fileOf(folder, id)))
}

async function viaTemporary(
  folder: string,
  id: string,
  content: string,
  put: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = join(folder, `.${id}.${randomUUID()}.tmp`)
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await put(temporary)
  } finally {
    await rm(temporary, { force: true })
  }
  await keepNames(folder)
}

/** A name in a folder outlives a loss of power only once the folder itself was written. */
export async function keepNames(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** The ids of all keys, and what was left by writers that were killed. */
export async function listKeyFiles(
  folder: string,
): Promise<{ ids: readonly string[]; leftOver: readonly string[] }> {
  const names = await readdir(folder)
  return {
    ids: names.filter((name) => /^[\w-]{1,128}\.jwe$/.test(name)).map((name) => name.slice(0, -4)),
    leftOver: names.filter((name) => LEFT_OVER.test(name)).map((name) => join(folder, name)),
  }
}
