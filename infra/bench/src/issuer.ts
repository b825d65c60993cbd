import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createTestTokens, freePort, waitFor } from '@lexchange/testing'
import pg from 'pg'

import { at, startBenchDatabase } from './bench-database.ts'
import { onCore } from './on-core.ts'

export type RunningIssuer = {
  url: string
  pid: number
  authorization: string
  /** The superuser's, for the reference; commits are durable. */
  databaseUrl: string
  stop(): Promise<void>
}

/** The real service on a real PostgreSQL with fsync, without NATS: events stay in the outbox. */
export async function startIssuer(): Promise<RunningIssuer> {
  const folder = await mkdtemp(join(tmpdir(), 'lexchange-bench-'))
  const port = await freePort()
  const { postgres, databaseUrl } = await startBenchDatabase(folder, 'issuer')
  const tokens = await createTestTokens()
  await enterDirectory(databaseUrl, tokens.jwks)
  const url = `http://127.0.0.1:${port}`
  const service = fork(at('services/issuer/src/main.ts'), [], {
    ...onCore('server'),
    env: {
      PATH: process.env.PATH,
      PORT: String(port),
      PUBLIC_URL: url,
      TOKEN_ISSUER: tokens.issuer,
      NATS_SERVERS: '127.0.0.1:1',
      DATABASE_URL: databaseUrl,
      KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      KEY_DIR: join(folder, 'keys'),
      LOG_LEVEL: 'error',
    },
  })
  await waitFor(async () => (await fetch(`${url}/health/ready`)).ok, { timeout: 60_000 })
  const client = {
    clientId: 'shenzhen-authority',
    kind: 'authority',
    authorityId: 'shenzhen',
    scopes: ['license:issue'],
  } as const
  return {
    url,
    pid: service.pid ?? 0,
    authorization: await tokens.headerFor(client, { expiresIn: '2h' }),
    databaseUrl,
    async stop() {
      const ended = once(service, 'exit')
      service.kill('SIGKILL')
      await ended
      await postgres.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function enterDirectory(databaseUrl: string, jwks: unknown): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const authority = {
    id: 'shenzhen',
    name: 'Shenzhen Administration for Market Regulation',
    uscc: '11440300MB2D27196D',
    region: '440300',
    licenseTypes: ['food-operation-permit'],
    state: 'active',
    revision: 1,
  }
  const key = { id: 'oauth', issuer: '', jwks, revision: 1 }
  for (const [kind, entry] of Object.entries({ authority, key }))
    await client.query(
      'insert into directory_entry (kind, id, value, revision) values ($1, $2, $3, 1)',
      [kind, entry.id, JSON.stringify(entry)],
    )
  await client.end()
}
