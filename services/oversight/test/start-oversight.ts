import { connectNats, ensureStreams } from '@lexchange/events'
import { createDatabase } from '@lexchange/postgres'
import {
  createTestDatabase,
  createTestTokens,
  startTestNats,
  type TestClient,
  waitFor,
} from '@lexchange/testing'
import { pino } from 'pino'

import { buildOversight } from '../src/app.ts'
import { loadConfig } from '../src/config.ts'
import type { OversightTables } from '../src/database.ts'
import { announce, DIRECTORY } from './directory.ts'

const MIGRATIONS = new URL('../migrations', import.meta.url).pathname
const log = pino({ level: 'silent' })

const CLIENTS = {
  officer: {
    clientId: 'officer-1',
    kind: 'administrator',
    scopes: ['oversight:read', 'oversight:act', 'projection:read'],
  },
  reader: { clientId: 'officer-2', kind: 'administrator', scopes: ['oversight:read'] },
  tax: {
    clientId: 'tax-department',
    kind: 'department',
    departmentId: 'tax',
    scopes: ['license:verify'],
  },
  holder: {
    clientId: 'holder-1',
    kind: 'holder',
    holderUscc: '914403001922038216',
    scopes: ['holder:read'],
  },
} as const satisfies Record<string, TestClient>

export type ClientName = keyof typeof CLIENTS
export type TestOversight = Awaited<ReturnType<typeof startOversight>>

type Call = { as?: ClientName | null; body?: unknown; headers?: Record<string, string> }

/** Oversight as main.ts starts it, with a database and a NATS of its own. */
export async function startOversight(options: { now?: () => Date } = {}) {
  const [database, natsServer, tokens] = await Promise.all([
    createTestDatabase({ migrations: MIGRATIONS }),
    startTestNats(),
    createTestTokens(),
  ])
  const nats = await connectNats({ name: 'test', servers: natsServer.servers, log })
  await ensureStreams(nats)
  const key = { id: 'oauth', issuer: tokens.issuer, jwks: tokens.jwks, revision: 1 }
  for (const [kind, entry] of [...DIRECTORY, ['key', key] as const])
    await announce(nats, kind, entry)
  const headers = Object.fromEntries(
    await Promise.all(
      Object.entries(CLIENTS).map(async ([name, client]) => [name, await tokens.headerFor(client)]),
    ),
  ) as Record<ClientName, string>
  const settings = {
    ...{ PORT: '7004', PUBLIC_URL: 'http://127.0.0.1:7004', TOKEN_ISSUER: tokens.issuer },
    ...{ NATS_SERVERS: natsServer.servers.join(), DATABASE_URL: database.url },
    FINDING_SECONDS: '1',
  }

  /** Another process of the same service. */
  async function replica() {
    const connection = { connectionString: database.url }
    const db = createDatabase<OversightTables>(connection)
    const { app } = await buildOversight({
      config: loadConfig(settings),
      db,
      database: connection,
      nats: connectNats({ name: 'oversight', servers: natsServer.servers, log }),
      log,
      ...options,
    })
    await waitFor(async () => (await app.inject('/health/ready')).statusCode === 200)
    return { app, db }
  }

  const first = await replica()
  return {
    ...first,
    ...caller(first.app, headers),
    ...{ nats, natsServer, tokens, headers, replica, settings },
    async stop() {
      await first.app.close()
      await nats.close()
      await natsServer.stop()
      await database.drop()
    },
  }
}

type Injectable = Awaited<ReturnType<typeof buildOversight>>['app']

function caller(app: Injectable, headers: Record<ClientName, string>) {
  async function call(
    method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE',
    url: string,
    { as = 'officer', body, headers: more }: Call = {},
  ) {
    const response = await app.inject({
      method,
      url,
      headers: { ...(as && { authorization: headers[as] }), ...more },
      ...(body !== undefined && { payload: body as object }),
    })
    const type = String(response.headers['content-type'] ?? '')
    return {
      status: response.statusCode,
      headers: response.headers,
      text: response.body,
      body: type.includes('json') ? response.json() : undefined,
    }
  }
  return {
    get: (url: string, options?: Call) => call('GET', url, options),
    post: (url: string, body?: unknown, options?: Call) => call('POST', url, { ...options, body }),
    patch: (url: string, body?: unknown, options?: Call) =>
      call('PATCH', url, { ...options, body }),
    put: (url: string, body?: unknown, options?: Call) => call('PUT', url, { ...options, body }),
    remove: (url: string, options?: Call) => call('DELETE', url, options),
  }
}
