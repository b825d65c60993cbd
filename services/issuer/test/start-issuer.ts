import { createTokenVerifier } from '@lexchange/auth'
import type { CloudEvent, IssuanceData } from '@lexchange/contracts'
import type { KeyEncryption } from '@lexchange/encryption'
import { DEFAULT_PROTECTION, type HttpServer } from '@lexchange/http-server'
import type { KeyProvider } from '@lexchange/keys'
import { createDatabase } from '@lexchange/postgres'
import {
  createTestDatabase,
  createTestTokens,
  type TestClient,
  type TestDatabase,
  type TestTokens,
} from '@lexchange/testing'
import { type CryptoKey, exportJWK, generateKeyPair } from 'jose'
import { type Kysely, sql } from 'kysely'
import { type Logger, pino } from 'pino'
import { Registry } from 'prom-client'
import { v7 } from 'uuid'

import { buildIssuer } from '../src/app.ts'
import type { IssuerTables } from '../src/database.ts'
import { createDirectory } from '../src/directory/index.ts'
import { buildSigning, type SigningConfig } from '../src/signing/index.ts'
import { STATUS_LIST_SIZE, testSigning } from './test-signing.ts'

const MIGRATIONS = new URL('../migrations', import.meta.url).pathname
const BOTH = ['license:issue', 'license:read']

const CLIENTS = {
  shenzhen: {
    clientId: 'shenzhen-authority',
    kind: 'authority',
    authorityId: 'shenzhen',
    scopes: BOTH,
  },
  beijing: {
    clientId: 'beijing-authority',
    kind: 'authority',
    authorityId: 'beijing',
    scopes: BOTH,
  },
  national: {
    clientId: 'national-administration',
    kind: 'authority',
    authorityId: 'national',
    scopes: BOTH,
  },
  unknown: { clientId: 'nowhere', kind: 'authority', authorityId: 'nowhere', scopes: BOTH },
  reader: {
    clientId: 'shenzhen-reader',
    kind: 'authority',
    authorityId: 'shenzhen',
    scopes: ['license:read'],
  },
  nobody: { clientId: 'no-authority', kind: 'authority', scopes: BOTH },
  tax: {
    clientId: 'tax-department',
    kind: 'department',
    departmentId: 'tax',
    scopes: ['license:read'],
  },
  bank: {
    clientId: 'bank',
    kind: 'department',
    departmentId: 'bank',
    scopes: ['license:verify'],
  },
  administrator: {
    clientId: 'administrator-1',
    kind: 'administrator',
    scopes: ['projection:read'],
  },
} as const satisfies Record<string, TestClient>

export type ClientName = keyof typeof CLIENTS

const TYPES = ['business-license', 'food-operation-permit', 'construction-qualification']

const AUTHORITIES = [
  { id: 'shenzhen', name: 'Shenzhen Administration for Market Regulation', region: '440300' },
  { id: 'beijing', name: 'Beijing Administration for Market Regulation', region: '110000' },
  { id: 'national', name: 'National Administration', region: '100000' },
]

export type TestIssuer = Awaited<ReturnType<typeof startIssuer>>

type Call = { as?: ClientName | null; body?: unknown; headers?: Record<string, string> }

type Options = {
  log?: Logger
  importMaxBytes?: number
  statusListSize?: number
  settings?: Partial<SigningConfig>
  /** Instead of the file key provider that can be taken away. */
  provider?: KeyProvider
  /** Instead of the keyring of its own. */
  claimKeys?: KeyEncryption
  /** False: the directory does not have the registry's key that claims are encrypted for. */
  sealingKey?: boolean
  sandbox?: boolean
}

const PUBLIC_URL = 'http://127.0.0.1:7001'

/** The issuer as main.ts builds it, over a database of its own, without what runs beside HTTP. */
export async function startIssuer(options: Options = {}) {
  const database = await createTestDatabase({ migrations: MIGRATIONS })
  const tokens = await createTestTokens()
  const seeding = createDatabase<IssuerTables>({ connectionString: database.url })
  const registryKey = await generateKeyPair('ECDH-ES+A256KW', { crv: 'P-256' })
  await seedDirectory(seeding, {
    oauth: tokens.jwks,
    ...(options.sealingKey !== false && {
      'registry-encryption': { keys: [await registryJwk(registryKey.publicKey)] },
    }),
  })
  await seeding.destroy()
  const headers = await headersOf(tokens)
  const { remove, ...signing } = testSigning(PUBLIC_URL, tokens.issuer)
  const shared = { ...movableClock(), ...signing, database, tokens, headers, options }
  const own = await startReplica(shared)
  return {
    ...own,
    database,
    tokens,
    headers,
    clock: shared.clock,
    now: shared.now,
    settings: signing.config,
    /** The key provider, as long as this says so, cannot be reached. */
    away: signing.away,
    /** The keyring that data keys of claims are wrapped by. */
    claimKeyring: signing.claims,
    /** What the registry opens what was sealed for it with. */
    registryKey: registryKey.privateKey,
    /** What a client of the holder sends along; give it with `as: null`. */
    holder: async (uscc: string) => ({
      as: null,
      headers: { authorization: await tokens.headerFor(holderOf(uscc)) },
    }),
    /** Another process of the same issuer. */
    replica: () => startReplica(shared),
    ...observe(own.db),
    async stop() {
      await own.stop()
      await remove()
      await database.drop()
    },
  }
}

type Shared = ReturnType<typeof movableClock> &
  Omit<ReturnType<typeof testSigning>, 'remove'> & {
    database: TestDatabase
    tokens: TestTokens
    headers: Record<ClientName, string>
    options: Options
  }

async function startReplica(shared: Shared) {
  const { now, config, provider, claims, database, tokens, headers, options } = shared
  const { log = pino({ level: 'silent' }), importMaxBytes = 1_000_000 } = options
  const db = createDatabase<IssuerTables>({ connectionString: database.url })
  const verifier = createTokenVerifier(tokens.issuer)
  const directory = createDirectory(db, verifier, log)
  await directory.load()
  const received = { count: 0 }
  const signing = buildSigning({
    ...{ db, directory, log, now, newId: () => v7() },
    config: { ...config, ...options.settings },
    provider: options.provider ?? provider,
    claimKeys: options.claimKeys ?? claims.keys,
    statusListSize: options.statusListSize ?? STATUS_LIST_SIZE,
  })
  const app = await buildIssuer({
    ...{ protection: DEFAULT_PROTECTION, publicUrl: PUBLIC_URL },
    tokenUrl: `${tokens.issuer}/oauth/token`,
    ...{ directory, verifier, log, importMaxBytes },
    ...{ metrics: new Registry(), natsConnected: () => false },
    statusListTtlSeconds: config.STATUS_LIST_TTL_SECONDS,
    onImportReceived: () => received.count++,
    ...{ onCompromised: () => {}, sandbox: options.sandbox ?? false },
    ...signing,
  })
  const call = caller(app, headers)
  return {
    ...{ app, db, directory, received, signing },
    deps: { ...signing, findAuthority: directory.findAuthority },
    get: (url: string, options?: Call) => call('GET', url, options),
    post: (url: string, body?: unknown, options?: Omit<Call, 'body'>) =>
      call('POST', url, { ...options, body }),
    async stop() {
      for (const end of [app.close, directory.stop, signing.keyring.stop]) await end()
      await db.destroy()
    },
  }
}

function holderOf(holderUscc: string): TestClient {
  return { clientId: `holder-${holderUscc}`, kind: 'holder', holderUscc, scopes: ['holder:read'] }
}

function movableClock() {
  const clock = { offset: 0 }
  return { clock, now: () => new Date(Date.now() + clock.offset) }
}

function caller(app: HttpServer, headers: Record<ClientName, string>) {
  return async function call(
    method: 'GET' | 'POST',
    url: string,
    { as = 'shenzhen', body, headers: more }: Call = {},
  ) {
    const response = await app.inject({
      method,
      url,
      headers: { ...(as && { authorization: headers[as] }), ...more },
      ...(body !== undefined && { payload: body as object }),
    })
    const json = /[/+]json/.test(String(response.headers['content-type']))
      ? response.json()
      : undefined
    return {
      status: response.statusCode,
      headers: response.headers,
      body: json,
      text: response.body,
    }
  }
}

/** What commands have left in the database. */
function observe(db: Kysely<IssuerTables>) {
  return {
    /** Every event in the outbox of a license, in order. */
    async eventsOf(licenseId: string) {
      const rows = await db
        .selectFrom('outbox')
        .select(['subject', 'message'])
        .where('ordering_key', '=', licenseId)
        .orderBy('id')
        .execute()
      return rows.map(({ subject, message }) => ({
        natsSubject: subject,
        ...(JSON.parse(message) as CloudEvent<IssuanceData>),
      }))
    },
    /** How many rows there are that a command could have made. */
    async countRows() {
      const { rows } = await sql<Record<string, string>>`
        select (select count(*) from license) as licenses,
          (select count(*) from license_version) as versions,
          (select count(*) from audit_entry) as audit,
          (select count(*) from credential) as credentials,
          (select count(*) from signing_intent) as intents,
          (select count(*) from outbox where subject not like '%.authority.keys') as outbox`.execute(
        db,
      )
      return rows[0]
    },
  }
}

async function headersOf(tokens: TestTokens) {
  const entries = Object.entries(CLIENTS).map(
    async ([name, client]) => [name, await tokens.headerFor(client)] as const,
  )
  return Object.fromEntries(await Promise.all(entries)) as Record<ClientName, string>
}

async function registryJwk(publicKey: CryptoKey) {
  return { ...(await exportJWK(publicKey)), kid: 'registry-1', alg: 'ECDH-ES+A256KW', use: 'enc' }
}

async function seedDirectory(
  db: Kysely<IssuerTables>,
  keys: Record<string, unknown>,
): Promise<void> {
  const entries = [
    ...AUTHORITIES.map((authority) => authorityEntry(authority)),
    ...Object.entries(keys).map(([id, jwks]) => ({
      ...{ kind: 'key', id, value: { id, issuer: '', jwks, revision: 1 } },
    })),
  ]
  await db
    .insertInto('directory_entry')
    .values(entries.map((entry) => ({ ...entry, value: JSON.stringify(entry.value), revision: 1 })))
    .execute()
}

function authorityEntry(authority: (typeof AUTHORITIES)[number]) {
  const value = {
    ...authority,
    uscc: '11100000MB0143028R',
    licenseTypes: authority.id === 'beijing' ? TYPES.slice(0, 1) : TYPES,
    state: 'active',
    revision: 1,
  }
  return { kind: 'authority', id: authority.id, value }
}
