import { randomBytes } from 'node:crypto'
import { exportJWK, generateKeyPair, type JWK } from 'jose'

import type { ClientsFile } from './api-caller.ts'
import { syntheticUscc } from './tour-enterprises.ts'

type Client = ClientsFile['clients'][number]

/** What a first start registers, with the private keys that go to the clients. */
export type FirstDirectory = {
  clients: Client[]
  verificationKey: JWK
  /** What the registry reads (DIRECTORY_SEED). */
  seed: {
    authorities: typeof AUTHORITIES
    departments: typeof DEPARTMENTS
    agreements: typeof AGREEMENTS
    clients: (Omit<Client, 'privateKeyJwk'> & { publicKeyJwk: JWK })[]
  }
}

const LICENSE_TYPES = ['business-license', 'food-operation-permit', 'construction-qualification']

const AUTHORITIES = [
  {
    id: 'shenzhen',
    name: 'Shenzhen Administration for Market Regulation',
    region: '440300',
    uscc: '11440300MB2D27196D',
    licenseTypes: LICENSE_TYPES,
  },
  {
    id: 'beijing',
    name: 'Beijing Administration for Market Regulation',
    region: '110000',
    uscc: '11110000MB15430747',
    licenseTypes: LICENSE_TYPES,
  },
  {
    id: 'national',
    name: 'National Administration',
    region: '100000',
    uscc: '11100000MB0143028R',
    licenseTypes: LICENSE_TYPES,
  },
]

const DEPARTMENTS = [
  { id: 'tax', name: 'Tax Department', kind: 'tax', region: '100000' },
  { id: 'finance', name: 'Finance Department', kind: 'finance', region: '100000' },
  { id: 'tendering', name: 'Tendering Department', kind: 'tendering', region: '100000' },
]

/** api.md: each for all license types and regions, every public claim, and what is named beside `*`. */
const AGREEMENTS = [
  agreement('tendering', 'Tendering and Bidding Law, article 18'),
  agreement('tax', 'Tax Collection Administration Law, article 6', { disclose: ['contactPhone'] }),
  agreement('finance', 'Budget Law, article 57', { match: ['settlementAccount'] }),
]

function agreement(
  department: string,
  reference: string,
  { disclose = [], match = [] }: { disclose?: string[]; match?: string[] } = {},
) {
  return {
    id: department,
    departmentId: department,
    purpose: department,
    legalBasis: { text: `Duties of the ${department} department`, reference },
    licenseTypes: ['*'],
    regions: ['100000'],
    disclose: ['*', ...disclose],
    match,
    quota: {},
    validFrom: '2026-01-01T00:00:00.000Z',
    validUntil: null,
  }
}

const SCOPES = {
  authority: ['license:issue', 'license:read'],
  department: ['license:read', 'license:verify', 'subscription:manage'],
  administrator: ['directory:admin', 'oversight:read', 'oversight:act', 'projection:read'],
  verification: ['projection:read'],
  holder: ['holder:read'],
}

const CLIENT_IDS: Readonly<Record<string, string>> = {
  shenzhen: 'shenzhen-authority',
  beijing: 'beijing-authority',
  national: 'national-administration',
}

/** Authorities, departments and clients of the local default, with new keys: api.md, Conventions. */
export async function createFirstDirectory(): Promise<FirstDirectory> {
  const owners: Omit<Client, 'privateKeyJwk'>[] = [
    ...AUTHORITIES.map(({ id, name }) => ({
      clientId: CLIENT_IDS[id] ?? id,
      name,
      kind: 'authority',
      authorityId: id,
      scopes: SCOPES.authority,
    })),
    ...DEPARTMENTS.map(({ id, name }) => ({
      clientId: `${id}-department`,
      name,
      kind: 'department',
      departmentId: id,
      scopes: SCOPES.department,
    })),
    ...['First', 'Second'].map((ordinal, index) => ({
      clientId: `administrator-${index + 1}`,
      name: `${ordinal} Administrator`,
      kind: 'administrator',
      scopes: SCOPES.administrator,
    })),
    {
      clientId: 'synthetic-holder',
      name: 'Synthetic Holder',
      kind: 'holder',
      holderUscc: syntheticUscc('440300'),
      scopes: SCOPES.holder,
    },
  ]
  const clients = await Promise.all(
    owners.map(async (owner) => ({ ...owner, privateKeyJwk: await newKey() })),
  )
  const verificationKey = await newKey()
  const verification = {
    clientId: 'verification',
    name: 'Verification',
    kind: 'service',
    scopes: SCOPES.verification,
    privateKeyJwk: verificationKey,
  }
  const seed = {
    authorities: AUTHORITIES,
    departments: DEPARTMENTS,
    agreements: AGREEMENTS,
    clients: [...clients, verification].map(({ privateKeyJwk, ...client }) => ({
      ...client,
      publicKeyJwk: publicPart(privateKeyJwk),
    })),
  }
  return { clients, verificationKey, seed }
}

async function newKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  return { ...(await exportJWK(privateKey)), kid: crypto.randomUUID(), alg: 'ES256' }
}

function publicPart({ d: _private, ...rest }: JWK): JWK {
  return rest
}

/** The first key that receipts are signed with, as JWKS: the first one signs, all stay published. */
export async function createReceiptKeys(): Promise<{ keys: JWK[] }> {
  return { keys: [{ ...(await newKey()), use: 'sig' }] }
}

/** A seed from before there were agreements, with them: without any, departments are refused everything. */
export function withAgreements(seed: string): string {
  const known = JSON.parse(seed) as Partial<FirstDirectory['seed']>
  return known.agreements ? seed : JSON.stringify({ ...known, agreements: AGREEMENTS }, null, 2)
}

/** A keyring with its first key-encryption key: the first one wraps, all unwrap. */
export function createClaimKeys(): { keys: { id: string; key: string }[] } {
  const id = `kek-${new Date().toISOString().slice(0, 10)}-${randomBytes(4).toString('hex')}`
  return { keys: [{ id, key: randomBytes(32).toString('base64') }] }
}
