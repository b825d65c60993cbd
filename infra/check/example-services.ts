import { createHash } from 'node:crypto'
import {
  draftCredential,
  type EcPublicJwk,
  type ReceiptBody,
  type TrustList,
} from '@lexchange/credentials'
import { DEFAULT_PROTECTION } from '@lexchange/http-server'
import { buildIssuer } from '@lexchange/issuer'
import { licenseIdentifier } from '@lexchange/license'
import { createDatabase } from '@lexchange/postgres'
import { buildRegistry } from '@lexchange/registry'
import { loadConfig } from '@lexchange/registry/config'
import { buildVerification } from '@lexchange/verification'
import {
  type CompiledQuery,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely'
import { pino } from 'pino'
import { Registry } from 'prom-client'

import { EXAMPLE_KEYS, publicPart } from './example-page.ts'
import { temporaryKeyring } from './temporary-keyring.ts'

export const ISSUER = 'https://issuer.example'
const REGISTRY = 'https://registry.example'
const VERIFICATION = 'https://verification.example'
const LICENSE_ID = '019ab3f2-7c00-7000-8000-000000000001'
export const LIST_ID = '019ab3f2-7c00-7000-8000-0000000000a1'
export const INDEX = 722_552
const ISSUED_AT = new Date('2026-11-24T01:00:00.000Z')
export const ASKED_AT = new Date('2026-11-25T02:00:00.000Z')
export const AUTHORITY = {
  id: 'shenzhen',
  name: 'Shenzhen Administration for Market Regulation',
  uscc: '11440300MB2D27196D',
  region: '440300',
  licenseTypes: ['business-license'],
}

const AGREEMENT = {
  ...{ id: 'tendering', departmentId: 'tendering', purpose: 'tendering', state: 'active' },
  ...{ licenseTypes: ['*'], regions: ['100000'], disclose: ['*'], match: [], quota: {} },
  ...{ validFrom: '2026-01-01T00:00:00.000Z', validUntil: null, version: 1, revision: 1 },
  legalBasis: { text: 'Bidders prove that they exist', reference: 'Tendering Law, article 18' },
}

const APPLICATION = {
  type: 'business-license',
  holder: { kind: 'enterprise', uscc: '91440300MA5LEXCH7D', name: 'Example Ltd.' },
  validFrom: '2026-01-01T00:00:00.000Z',
  validUntil: '2046-01-01T00:00:00.000Z',
  claims: {
    name: 'Example Ltd.',
    enterpriseType: 'limited-liability-company',
    legalRepresentative: 'Example Person',
    registeredCapital: { amount: '1000000.00', currency: 'CNY' },
    establishedOn: '2026-01-01',
    businessScope: 'Software development',
    domicile: '1 Example Road',
    contactPhone: '+8675500000000',
    settlementAccount: '6222000000000000',
  },
  cnf: { jwk: publicPart(EXAMPLE_KEYS.holder) },
}

const log = pino({ level: 'silent' })
const common = () => ({
  ...{ log, metrics: new Registry(), tokenUrl: `${REGISTRY}/oauth/token` },
  protection: DEFAULT_PROTECTION,
})
const { authority } = EXAMPLE_KEYS

/** The client of every request, whatever its token. */
function admitting(client: object) {
  const known = { scopes: new Set(['license:issue', 'license:verify']), ...client } as never
  return { verify: async () => known, recall: () => known, useKeys() {}, ready: true }
}

/** Answers nothing but what storing an intent needs: that it was there. */
class ExampleConnection {
  async executeQuery<Row>({ sql, parameters }: CompiledQuery) {
    const [ids] = parameters as [string[]]
    const taken = sql.includes('delete from signing_intent') ? ids.map((id) => ({ id })) : []
    return { rows: taken as Row[] }
  }
  // biome-ignore lint/correctness/useYield: nothing is streamed
  async *streamQuery(): AsyncGenerator<never> {
    throw new Error('nothing is streamed')
  }
}

function exampleDatabase() {
  const nothing = async () => {}
  const db = new Kysely<never>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
      createDriver: () => ({
        acquireConnection: async () => new ExampleConnection(),
        ...{ init: nothing, beginTransaction: nothing, commitTransaction: nothing },
        ...{ rollbackTransaction: nothing, releaseConnection: nothing, destroy: nothing },
      }),
    },
  })
  return db as never
}

/** What is sealed is thrown away. */
function exampleSealing() {
  const wrapped = 'v1.none.'
  const [wrap, unwrap] = [async () => wrapped, async () => Buffer.alloc(32)]
  return {
    keys: { currentKeyId: () => 'none', wrap, unwrap },
    registryKey: { require() {}, encrypt: async () => '' },
    requestKey: new Uint8Array(32),
  }
}

/** The issuer as it runs, on a database that holds nothing. */
export async function issueExample() {
  const key = {
    ...{ kid: authority.kid, authorityId: AUTHORITY.id, publicJwk: publicPart(authority) },
    ...{ createdAt: ISSUED_AT, signsFrom: ISSUED_AT, compromisedSince: null },
  }
  const app = await buildIssuer({
    ...common(),
    publicUrl: ISSUER,
    db: exampleDatabase(),
    verifier: admitting({
      clientId: 'shenzhen-authority',
      kind: 'authority',
      authorityId: AUTHORITY.id,
    }),
    directory: { authorize() {}, authorityOf: () => AUTHORITY } as never,
    natsConnected: () => false,
    keys: { publicUrl: ISSUER } as never,
    publishing: undefined as never,
    sealing: exampleSealing(),
    keyring: {
      signerOf: async () => authority.kid,
      maySign: () => true,
      // It is drafted anew below, and signed then.
      sign: async () => Buffer.alloc(64),
      keysOf: () => [key],
    } as never,
    entries: {
      take: async () => [{ listId: LIST_ID, index: INDEX }],
      giveBack() {},
    },
    terms: { publicUrl: ISSUER, registryUrl: REGISTRY, decoys: 0 },
    ...{ statusListTtlSeconds: 60, importMaxBytes: 1 },
    sandbox: false,
    ...{ onImportReceived() {}, onCompromised() {}, now: () => ISSUED_AT, newId: () => LICENSE_ID },
  })
  const issued = await app.inject({ method: 'POST', url: '/v1/licenses', payload: APPLICATION })
  const { credential } = json<{ credential: string }>(issued)
  const metadata = await app.inject(`/.well-known/jwt-vc-issuer/authorities/${AUTHORITY.id}`)
  return { draft: redraft(credential), metadata: json<Metadata>(metadata) }
}

type Metadata = { issuer: string; jwks: TrustList['issuers'][number]['jwks'] }

type IssuedPayload = {
  iss: string
  vct: string
  iat: number
  nbf: number
  exp: number
  status: { status_list: { idx: number; uri: string } }
  cnf: { jwk: EcPublicJwk }
  claims: { _sd: string[] }
  _sd_alg: string
}

/** The credential of the issuer with salts and a serial that are always the same. */
function redraft(compact: string) {
  const [jwt = '', ...encoded] = compact.split('~').slice(0, -1)
  const payload = decode(jwt.split('.')[1]) as IssuedPayload
  const { iss, vct, iat, nbf, exp, status, cnf, claims, _sd_alg, ...plain } = payload
  const { _sd, ...shown } = claims
  const hidden = encoded.map((each) => (decode(each) as string[]).slice(1))
  const draft = draftCredential({
    ...{ issuer: iss, vct, issuedAt: iat, notBefore: nbf, expires: exp, kid: authority.kid },
    status: { uri: status.status_list.uri, index: status.status_list.idx },
    holderKey: cnf.jwk,
    plain: { ...plain, identifier: exampleIdentifier() },
    claims: { public: shown, sensitive: Object.fromEntries(hidden) },
    decoys: _sd.length - encoded.length,
    random: fixedBytes(),
  })
  const same = (one: object) =>
    JSON.stringify(one, (name, value) => (name === '_sd' || name === 'identifier' ? null : value))
  if (same(draft.payload) !== same(payload))
    throw new Error('The example is not what the issuer has made')
  return draft
}

function exampleIdentifier(): string {
  return licenseIdentifier({
    nationalType: '11100000MB0143028R001',
    issuerUscc: AUTHORITY.uscc,
    serial: '0123456789ABCDEFGHIJ',
    version: 1,
  })
}

/** Bytes that are the same in each run, so that pages change only when the code does. */
function fixedBytes() {
  let count = 0
  return (length: number) =>
    createHash('sha512').update(`lexchange example ${count++}`).digest().subarray(0, length)
}

/** The type metadata of the registry as it runs. */
export async function exampleTypeMetadata(): Promise<unknown> {
  const database = { connectionString: 'postgres://nobody@127.0.0.1:1/nothing' }
  const config = loadConfig({
    ...{ PORT: '7002', PUBLIC_URL: REGISTRY, TOKEN_ISSUER: REGISTRY, NATS_SERVERS: '127.0.0.1:1' },
    DATABASE_URL: database.connectionString,
    KEY_ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
    CLAIM_KEYRING: temporaryKeyring(),
  })
  const nats = new Promise<never>(() => {})
  const registry = await buildRegistry({
    config,
    db: createDatabase(database),
    database,
    nats,
    log,
  })
  return json(await registry.app.inject('/.well-known/vct/business-license'))
}

/** Nothing is kept, and nothing limited. */
function exampleUse() {
  return {
    access: { add: (_draft: unknown, done: () => void) => done() },
    limits: { take: async (claims: readonly unknown[]) => claims.map(() => null) },
    keys: { unwrap: async () => Buffer.alloc(32) },
  }
}

/** A check of verification as it runs, with what its receipt says. */
export async function verifyExample(request: object, list: TrustList) {
  let receipt: ReceiptBody | undefined
  const { type, holder } = APPLICATION
  const known = {
    ...{ licenseId: LICENSE_ID, type, number: holder.uscc, authority: { id: AUTHORITY.id } },
    ...{ holder, region: AUTHORITY.region },
  }
  const interval = {
    ...{ version: 1, status: 'active', claims: {}, effectiveAt: ISSUED_AT.getTime() },
    validFrom: Date.parse(APPLICATION.validFrom),
    validUntil: Date.parse(APPLICATION.validUntil),
  }
  const app = await buildVerification({
    ...common(),
    ...{ publicUrl: VERIFICATION, staleAfterSeconds: 10, now: () => ASKED_AT.getTime() },
    verifier: admitting({ clientId: 'tendering-department', departmentId: 'tendering' }),
    directory: {
      ...{ authorize() {}, trust: { list, foreign: new Set() } },
      ...{ agreementsOf: () => [AGREEMENT], throttleOf: () => undefined },
    } as never,
    ...exampleUse(),
    freshness: { caughtUpAt: ASKED_AT.getTime(), connected: true },
    projection: {
      ...{ ready: true, position: () => 1234, latestPosition: () => 1234 },
      findLicenseById: () => ({ license: known, version: interval }),
    } as never,
    receipts: {
      jwks: { keys: [] },
      sign(body) {
        receipt = body
        return ''
      },
    },
  })
  const answer = await app.inject({ method: 'POST', url: '/v1/verifications', payload: request })
  const { verdict } = json<{ verdict: string }>(answer)
  if (verdict !== 'valid' || !receipt) throw new Error(`The example does not hold: ${answer.body}`)
  return receipt
}

function json<Body>({ statusCode, body }: { statusCode: number; body: string }): Body {
  if (statusCode >= 300) throw new Error(`The example was answered ${statusCode}: ${body}`)
  return JSON.parse(body) as Body
}

export function decode(encoded = ''): unknown {
  return JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'))
}
