import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, constants, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

import { CACHE } from './paths.ts'

const run = promisify(execFile)

export type Log = (line: string) => void

/** The official release that is taken where neither PATH nor Debian's archive has one. */
const RELEASE = '2.10.29'
const RELEASES: Readonly<Record<string, { architecture: string; sha256: string }>> = {
  'linux-x64': {
    architecture: 'amd64',
    sha256: 'e314da74a83a1d3876db8814c27eb990fe729640fd6452025b441bcede8390da',
  },
  'linux-arm64': {
    architecture: 'arm64',
    sha256: 'da4b27942ecfb4c5f0c54553d2e7f470ddda9d7581cfe8131b351a0e223ed401',
  },
}

let found: Promise<string> | undefined

/** The path of a nats-server: from PATH, from this clone's cache, or brought into that cache now. */
export function findNatsServer(log: Log = () => {}): Promise<string> {
  found ??= find(log).catch((error) => {
    found = undefined
    throw error
  })
  return found
}

async function find(log: Log): Promise<string> {
  const folder = join(CACHE, 'nats-server')
  const known = await firstExecutable([
    ...(process.env.PATH ?? '').split(delimiter).map((each) => join(each, 'nats-server')),
    join(folder, 'usr/sbin/nats-server'),
    join(folder, 'nats-server'),
  ])
  if (known) return known
  const failures: string[] = []
  for (const bring of [bringByApt, bringRelease]) {
    try {
      return await bring(folder, log)
    } catch (error) {
      failures.push((error as Error).message)
    }
  }
  throw new Error(
    `nats-server is needed and could not be brought here:\n  ${failures.join('\n  ')}\n` +
      'Install it so that it is on PATH (Debian, Ubuntu: "apt install nats-server"; macOS: "brew install nats-server"; ' +
      'others: https://docs.nats.io) and run the command again.',
  )
}

async function firstExecutable(files: readonly string[]): Promise<string | undefined> {
  for (const file of files)
    try {
      await access(file, constants.X_OK)
      return file
    } catch {
      // Not here.
    }
  return undefined
}

/** Debian's package without root: apt's lists and cache lie in the project's cache. */
async function bringByApt(folder: string, log: Log): Promise<string> {
  const tools = ['apt-get', 'dpkg'].map((tool) => join('/usr/bin', tool))
  for (const tool of tools)
    await access(tool, constants.X_OK).catch(() => {
      throw new Error(`${tool} is missing, so there is no Debian package to take`)
    })
  log(
    'nats-server is not on PATH: bringing Debian’s package into the project’s cache (no root needed)',
  )
  const work = `${folder}.${process.pid}`
  try {
    for (const each of ['lists/partial', 'archives/partial', 'package'])
      await mkdir(join(work, each), { recursive: true })
    const options = Object.entries({
      'Dir::State::lists': join(work, 'lists'),
      'Dir::Cache': work,
      'Dir::Cache::archives': join(work, 'archives'),
      // Root's apt would read the cache as the user _apt, who may not be able to.
      'APT::Sandbox::User': 'root',
      'Acquire::Languages': 'none',
      'Acquire::http::Timeout': '20',
      'Acquire::Retries': '2',
      'Debug::NoLocking': 'true',
    }).flatMap(([name, value]) => ['-o', `${name}=${value}`])
    const apt = (...args: string[]) =>
      run('apt-get', ['-qq', ...options, ...args], { cwd: join(work, 'package'), timeout: 180_000 })
    await apt('update')
    await apt('download', 'nats-server')
    const [deb] = (await readdir(join(work, 'package'))).filter((name) => name.endsWith('.deb'))
    if (!deb) throw new Error('apt-get download left no package')
    await run('dpkg', ['-x', join(work, 'package', deb), join(work, 'unpacked')])
    return await keep(join(work, 'unpacked'), folder, 'usr/sbin/nats-server')
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string }
    throw new Error(`apt-get download nats-server: ${stderr?.trim().split('\n')[0] || message}`)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function bringRelease(folder: string, log: Log): Promise<string> {
  const release = RELEASES[`${process.platform}-${process.arch}`]
  if (!release) throw new Error(`no release is pinned for ${process.platform}-${process.arch}`)
  log(`bringing the official nats-server ${RELEASE} into the project’s cache`)
  const name = `nats-server-v${RELEASE}-linux-${release.architecture}.tar.gz`
  const url = `https://github.com/nats-io/nats-server/releases/download/v${RELEASE}/${name}`
  const work = `${folder}.${process.pid}`
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(120_000) })
    if (!response.ok) throw new Error(`answered ${response.status}`)
    const archive = Buffer.from(await response.arrayBuffer())
    if (createHash('sha256').update(archive).digest('hex') !== release.sha256)
      throw new Error('is not the file whose SHA-256 is pinned')
    await mkdir(join(work, 'unpacked'), { recursive: true })
    const file = join(work, name)
    await writeFile(file, archive)
    await run('tar', ['-xzf', file, '--strip-components=1', '-C', join(work, 'unpacked')])
    return await keep(join(work, 'unpacked'), folder, 'nats-server')
  } catch (error) {
    const { message, cause } = error as Error
    throw new Error(`${url}: ${message}${cause instanceof Error ? ` (${cause.message})` : ''}`)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** Puts it in place at once and whole; where another process was first, its copy stays. */
async function keep(unpacked: string, folder: string, binary: string): Promise<string> {
  await access(join(unpacked, binary), constants.X_OK)
  await rename(unpacked, folder).catch(async (error) => {
    if (!(await firstExecutable([join(folder, binary)]))) {
      await rm(folder, { recursive: true, force: true })
      await rename(unpacked, folder).catch(() => Promise.reject(error))
    }
  })
  return join(folder, binary)
}
