import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { identifyProcess, isRunning } from '@lexchange/local'

const PREFIX = 'lexchange-test-'
const OWNER = 'owner.json'

/** A temporary folder that goes when its process ends; if that was killed, with the next test run. */
export function makeTestFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), PREFIX))
  // PostgreSQL runs as another user than root and must get at its data in it.
  chmodSync(folder, 0o711)
  writeFileSync(join(folder, OWNER), JSON.stringify(identifyProcess(process.pid)))
  return folder
}

export function removeTestFolder(folder: string): void {
  // Where startPostgres had to put the data, if not here.
  const note = join(folder, 'postgres.elsewhere')
  if (existsSync(note)) rmSync(readFileSync(note, 'utf8'), { recursive: true, force: true })
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}

/** Removes what runs left behind that were killed. */
export function removeLeftFolders(): void {
  for (const name of readdirSync(tmpdir()).filter((each) => each.startsWith(PREFIX))) {
    const owner = join(tmpdir(), name, OWNER)
    try {
      if (!isRunning(JSON.parse(readFileSync(owner, 'utf8')))) removeTestFolder(dirname(owner))
    } catch {
      // Another user's, or being made just now.
    }
  }
}
