import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Who may read a file: its consumer runs as `node`, or as a user that only its image knows. */
type Reader = 'node' | 'any'

const MODES = { node: 0o400, any: 0o444 } as const

/** Files in the volumes of the consumers, each of which sees its own volume only. */
export type SecretFiles = {
  read(file: string): Promise<string | undefined>
  write(file: string, text: string, reader?: Reader): Promise<void>
  /** What the file holds; what `make` returns, from then on, where there is none yet. */
  keep(file: string, make: () => string, reader?: Reader): Promise<string>
}

export function secretFilesIn(folder: string): SecretFiles {
  async function read(file: string) {
    return readFile(join(folder, file), 'utf8').catch(undefinedWhereMissing)
  }
  async function write(file: string, text: string, reader: Reader = 'node') {
    const path = join(folder, file)
    await mkdir(dirname(path), { recursive: true })
    // Renamed when complete, so that a reader and a later run see all of it or nothing.
    await writeFile(`${path}.new`, text, { mode: 0o600 })
    await chmod(`${path}.new`, MODES[reader])
    await rename(`${path}.new`, path)
  }
  async function keep(file: string, make: () => string, reader: Reader = 'node') {
    const kept = await read(file)
    if (kept !== undefined) return kept
    const text = make()
    await write(file, text, reader)
    return text
  }
  return { read, write, keep }
}

function undefinedWhereMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
