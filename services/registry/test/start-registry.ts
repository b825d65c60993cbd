import { createHash } from 'node:crypto'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { connectNats } from '@lexchange/events'
import type { HttpServer } from '@lexchange/http-server'
import { accountKeysOf, allServiceCredentials } from '@lexchange/nats-accounts'
import { createDatabase } from '@lexchange/postgres'
import {
  createTestDatabase,
  freePort,
  startAccountNats,
  startTestNats,
  waitFor,
} from '@lexchange/testing'
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose'
import { pino } from 'pino'

import { seedAgreements } from '../src/agreements/index.ts'
import { buildRegistry, type RegistryDeps } from '../src/app.ts'
import { loadConfig } from '../src/config.ts'
import type { RegistryTables } from '../src/database.ts'
import { seedDirectory } from '../src/directory/index.ts'

export const MIGRATIONS = new URL('../migrations', import.meta.url).pathname
export const USCC = '11100000MB0143028R'
const ADMIN = ['directory:admin', 'oversight:read', 'oversight:act', 'projection:read']
const DEPARTMENT = ['license:read', 'license:verify', 'subscription:manage']
const log = pino({ level: 'silent' })

type Extra = Partial<Pick<RegistryDeps, 'retryPolicy'>> & {
  /** NATS lets nobody in without credentials, as everywhere but in most tests. */
  natsAccounts?: boolean
}

export type TestRegistry = Awaited<ReturnType<typeof startRegistry>>

async function keyPair(kid: string) {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  return {
    publicJwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256' },
    privateJwk: { ...(await exportJWK(privateKey)), kid, alg: 'ES256' },
  }
}

export async function createSeed() {
  const keys: Record<string, JWK> = {}
  const client = async (clientId: string, rest: object) => {
    const { publicJwk, privateJwk } = await keyPair(clientId)
    keys[clientId] = privateJwk
    return { clientId, name: clientId, ...rest, publicKeyJwk: publicJwk }
  }
  const authority = (id: string, region: string) => ({
    id,
    name: id,
    uscc: USCC,
    region,
    licenseTypes: ['business-license'],
  })
  const issue = ['license:issue', 'license:read']
  const seed = {
    authorities: [authority('shenzhen', '440300'), authority('national', '100000')],
    departments: [
      { id: 'tax', name: 'Tax', kind: 'tax', region: '100000' },
      { id: 'finance', name: 'Finance', kind: 'finance', region: '100000' },
    ],
    clients: [
      await client('shenzhen-authority', {
        kind: 'authority',
        authorityId: 'shenzhen',
        scopes: issue,
      }),
      await client('tax-department', {
        kind: 'department',
        departmentId: 'tax',
        scopes: DEPARTMENT,
      }),
      await client('verification', { kind: 'service', scopes: ['projection:read'] }),
      await client('finance-department', {
        kind: 'department',
        departmentId: 'finance',
        scopes: DEPARTMENT,
      }),
      await client('administrator-1', { kind: 'administrator', scopes: ADMIN }),
      await client('administrator-2', { kind: 'administrator', scopes: ADMIN }),
      await client('administrator-3', { kind: 'administrator', scopes: ADMIN }),
    ],
    agreements: [
      {
        id: 'tax',
        departmentId: 'tax',
        purpose: 'tax',
        legalBasis: { text: 'Taxes are collected', reference: 'Tax Collection Law, article 6' },
        licenseTypes: ['*'],
        regions: ['100000'],
        disclose: ['*', 'contactPhone'],
        match: [],
        quota: {},
        validFrom: '2026-01-01T00:00:00.000Z',
        validUntil: null,
      },
    ],
  }
  return { seed, keys }
}

/** A file of key-encryption keys, the first of which wraps. */
export async function createKeyring() {
  const folder = await mkdtemp(join(tmpdir(), 'lexchange-keyring-'))
  const path = join(folder, 'keyring.json')
  async function use(...ids: string[]) {
    const keys = ids.map((id) => ({ id, key: createHash('sha256').update(id).digest('base64') }))
    await writeFile(`${path}.new`, JSON.stringify({ keys }), { mode: 0o600 })
    await rename(`${path}.new`, path)
  }
  await use('k1')
  return { path, use, remove: () => rm(folder, { recursive: true }) }
}

export function settingsOf(port: number) {
  const base = `http://127.0.0.1:${port}`
  return {
    ...{ PORT: String(port), PUBLIC_URL: base, TOKEN_ISSUER: base },
    KEY_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
  }
}

async function startNats(natsAccounts: boolean) {
  if (!natsAccounts) return { natsServer: await startTestNats(), natsSettings: {} }
  const natsServer = await startAccountNats()
  const { keys } = natsServer
  const NATS_CREDENTIALS = (await allServiceCredentials(keys)).registry
  const NATS_ACCOUNT_KEYS = JSON.stringify(await accountKeysOf(keys))
  return { natsServer, natsSettings: { NATS_CREDENTIALS, NATS_ACCOUNT_KEYS } }
}

/** The registry as main.ts starts it, with a database and a NATS of its own. */
export async function startRegistry(
  settings: Record<string, string> = {},
  { natsAccounts = false, ...deps }: Extra = {},
) {
  const [database, { natsServer, natsSettings }, port, { seed, keys }, keyring] = await Promise.all(
    [
      createTestDatabase({ migrations: MIGRATIONS }),
      startNats(natsAccounts),
      freePort(),
      createSeed(),
      createKeyring(),
    ],
  )
  const base = `http://127.0.0.1:${port}`
  const config = loadConfig({
    ...settingsOf(port),
    NATS_SERVERS: natsServer.servers.join(),
    DATABASE_URL: database.url,
    CLAIM_KEYRING: keyring.path,
    ...natsSettings,
    ...settings,
  })
  const connection = { connectionString: database.url }
  const db = createDatabase<RegistryTables>(connection)
  await seedDirectory(db, seed, new Date())
  await seedAgreements(db, seed, new Date())
  const credentials = config.NATS_CREDENTIALS
  const options = { name: 'registry', servers: natsServer.servers, credentials, log }
  const [nats, ownNats] = await Promise.all([connectNats(options), connectNats(options)])
  const { app, keys: signingKeys } = await buildRegistry({
    ...{ config, db, log, ...deps },
    database: connection,
    nats: Promise.resolve(ownNats),
  })
  await app.listen({ host: '127.0.0.1', port })
  await waitFor(async () => (await app.inject('/health/ready')).statusCode === 200)

  return {
    app,
    base,
    db,
    nats,
    natsServer,
    accountKeys: config.NATS_ACCOUNT_KEYS,
    seed,
    keys,
    signingKeys,
    keyring,
    keyPair,
    ...tokensOf(app, base, keys),
    async stop() {
      await app.close()
      await nats.close()
      await natsServer.stop()
      await database.drop()
      await keyring.remove()
    },
  }
}

/** Clients of this registry, asking for tokens. */
function tokensOf(app: HttpServer, base: string, keys: Record<string, JWK>) {
  async function assertion(clientId: string, changes: object = {}, key = keys[clientId]) {
    const now = Math.floor(Date.now() / 1000)
    const claims = { iss: clientId, sub: clientId, aud: base, jti: crypto.randomUUID() }
    const jwk = key as JWK
    const alg = jwk.crv === 'Ed25519' ? 'EdDSA' : 'ES256'
    return new SignJWT({ ...claims, iat: now, exp: now + 60, ...changes })
      .setProtectedHeader({ alg })
      .sign(await importJWK(jwk, alg))
  }

  function askToken(form: Record<string, string>, headers: Record<string, string> = {}) {
    const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
    return app.inject({
      method: 'POST',
      url: '/oauth/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      payload: new URLSearchParams({
        grant_type: 'client_credentials',
        client_assertion_type: type,
        ...form,
      }).toString(),
    })
  }

  async function headerOf(clientId: string, scope: string) {
    const form = { client_id: clientId, scope, client_assertion: await assertion(clientId) }
    return `Bearer ${(await askToken(form)).json().access_token}`
  }

  return {
    assertion,
    askToken,
    headerOf,
    admin: () => headerOf('administrator-1', ADMIN.join(' ')),
    service: () => headerOf('verification', 'projection:read'),
    department: () => headerOf('tax-department', DEPARTMENT.join(' ')),
    financeHeader: () => headerOf('finance-department', DEPARTMENT.join(' ')),
  }
}
