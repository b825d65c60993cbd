import { execFile } from 'node:child_process'
import { access, constants, glob, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What was downloaded once for this clone. */
const CACHE = fileURLToPath(new URL('../../../../.lexchange/cache', import.meta.url))

/** Where packages put SoftHSM, in the folder of an installation or of one that was only unpacked. */
const LIBRARY = '{lib,lib/*}/softhsm/libsofthsm2.so'
const PROGRAM = 'bin/softhsm2-util'

export type SoftHsm = {
  /** libsofthsm2.so */
  readonly library: string
  /** softhsm2-util */
  readonly program: string
}

/**
 * SoftHSM 2: the installed one, from this clone's cache, or Debian's package brought into that cache
 * now, without root.
 * @throws Error that says why there is none.
 */
export async function findSoftHsm(): Promise<SoftHsm> {
  const folder = join(CACHE, 'softhsm2')
  for (const prefix of ['/usr', '/usr/local', '/opt/homebrew', join(folder, 'usr')]) {
    const known = await softHsmIn(prefix)
    if (known) return known
  }
  return bringByApt(folder)
}

async function softHsmIn(prefix: string): Promise<SoftHsm | undefined> {
  const program = join(prefix, PROGRAM)
  // Also tells whether the libraries that both need are here.
  for await (const library of glob(join(prefix, LIBRARY)))
    if (await run(program, ['--version']).catch(() => undefined)) return { library, program }
  return undefined
}

/** Like infra/local/src/find-nats-server.ts, which packages may not import. */
async function bringByApt(folder: string): Promise<SoftHsm> {
  for (const tool of ['/usr/bin/apt-get', '/usr/bin/dpkg'])
    await access(tool, constants.X_OK).catch(() => {
      throw new Error(`${tool} is missing, so there is no Debian package to take`)
    })
  const work = `${folder}.${process.pid}`
  try {
    await unpack(work)
    const brought = await softHsmIn(join(work, 'unpacked/usr'))
    if (!brought) throw new Error('what it brought does not run here')
    await keep(join(work, 'unpacked'), folder)
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string }
    throw new Error(`apt-get install softhsm2: ${stderr?.trim().split('\n')[0] || message}`)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  const kept = await softHsmIn(join(folder, 'usr'))
  if (!kept) throw new Error(`${folder} has no SoftHSM that runs here`)
  return kept
}

async function unpack(work: string): Promise<void> {
  for (const each of ['lists/partial', 'archives/partial'])
    await mkdir(join(work, each), { recursive: true })
  const options = Object.entries({
    'Dir::State::lists': join(work, 'lists'),
    'Dir::Cache': work,
    'Dir::Cache::archives': join(work, 'archives'),
    // Root's apt would read the cache as the user _apt, who may not be able to.
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
    'Acquire::http::Timeout': '10',
    'Acquire::Retries': '0',
    'Debug::NoLocking': 'true',
  }).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  const apt = (...args: string[]) =>
    run('apt-get', ['-qq', ...options, ...args], { timeout: 90_000 })
  await apt('update')
  await apt('install', '-y', '--download-only', '--no-install-recommends', 'softhsm2')
  for (const name of await readdir(join(work, 'archives')))
    if (name.endsWith('.deb'))
      await run('dpkg', ['-x', join(work, 'archives', name), join(work, 'unpacked')])
}

/** Puts it in place at once and whole; where another process was first, its copy stays. */
async function keep(unpacked: string, folder: string): Promise<void> {
  await rename(unpacked, folder).catch(async (error) => {
    if (await softHsmIn(join(folder, 'usr'))) return
    await rm(folder, { recursive: true, force: true })
    await rename(unpacked, folder).catch(() => Promise.reject(error))
  })
}
