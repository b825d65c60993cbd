import {
  AuthorityEntry,
  AuthorityKeysEntry,
  ClientEntry,
  DepartmentEntry,
  Time,
} from '@lexchange/contracts'
import { Type } from 'typebox'

const CLOSED = { additionalProperties: false }
const a = AuthorityEntry.properties
const d = DepartmentEntry.properties
const c = ClientEntry.properties
const k = AuthorityKeysEntry.properties

const AUTHORITY = {
  id: 'shenzhen',
  name: 'Shenzhen Administration for Market Regulation',
  uscc: '11440300MB2C12348B',
  region: '440300',
  licenseTypes: ['business-license'],
}
const DEPARTMENT = { id: 'tax', name: 'Tax Department', kind: 'tax', region: '100000' }
const KEY = {
  kty: 'EC',
  crv: 'P-256',
  x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
  y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
  kid: 'tax-1',
}
const CLIENT = {
  clientId: 'tax-department',
  name: 'Tax Department',
  kind: 'department',
  departmentId: 'tax',
  scopes: ['license:read', 'license:verify', 'subscription:manage'],
  publicKeyJwk: KEY,
}
const KEPT_TIMES = {
  revision: 1,
  createdAt: '2026-11-24T01:00:00.000Z',
  updatedAt: '2026-11-24T01:00:00.000Z',
}
const KEPT = { state: 'active', ...KEPT_TIMES }
const keptTimes = { revision: a.revision, createdAt: Time, updatedAt: Time }
const kept = { ...keptTimes, state: a.state }

const PublicKey = Type.Record(Type.String(), Type.Unknown(), {
  description: 'Public key that signs assertions: EC on P-256 (ES256) or Ed25519 (EdDSA), RFC 7517',
})

export const NewAuthority = Type.Object(
  {
    id: Type.Optional(a.id),
    name: a.name,
    uscc: a.uscc,
    region: a.region,
    licenseTypes: Type.Array(Type.Index(a.licenseTypes, Type.Number()), { maxItems: 200 }),
    foreign: a.foreign,
  },
  { ...CLOSED, examples: [AUTHORITY] },
)
export const AuthorityChange = Type.Partial(
  Type.Object({
    name: a.name,
    region: a.region,
    licenseTypes: NewAuthority.properties.licenseTypes,
    state: a.state,
  }),
  { ...CLOSED, minProperties: 1, examples: [{ state: 'suspended' }] },
)
export const Authority = Type.Object({ ...a, ...kept }, { examples: [{ ...AUTHORITY, ...KEPT }] })

export const NewDepartment = Type.Object(
  { id: Type.Optional(d.id), name: d.name, kind: d.kind, region: d.region },
  { ...CLOSED, examples: [DEPARTMENT] },
)
export const DepartmentChange = Type.Partial(
  Type.Object({
    name: d.name,
    kind: d.kind,
    region: d.region,
    state: d.state,
    throttle: Type.Null({ description: 'Lifts the throttle that a measure has set' }),
  }),
  { ...CLOSED, minProperties: 1, examples: [{ state: 'suspended' }] },
)
export const Department = Type.Object({ ...d, ...kept }, { examples: [{ ...DEPARTMENT, ...KEPT }] })

export const NewClient = Type.Object(
  {
    clientId: Type.Optional(c.id),
    name: c.name,
    kind: c.kind,
    authorityId: c.authorityId,
    departmentId: c.departmentId,
    holderUscc: c.holderUscc,
    scopes: Type.Array(Type.String({ maxLength: 64 }), {
      minItems: 1,
      maxItems: 20,
      uniqueItems: true,
    }),
    tokenBinding: c.tokenBinding,
    publicKeyJwk: PublicKey,
  },
  { ...CLOSED, examples: [CLIENT] },
)
export const ClientChange = Type.Partial(
  Type.Object({
    name: c.name,
    scopes: NewClient.properties.scopes,
    tokenBinding: Type.Union([c.tokenBinding, Type.Null()], {
      description: 'null lifts the requirement',
    }),
    publicKeyJwk: PublicKey,
    state: c.state,
  }),
  { ...CLOSED, minProperties: 1, examples: [{ state: 'suspended' }] },
)
export const Client = Type.Object(
  {
    clientId: c.id,
    name: c.name,
    kind: c.kind,
    authorityId: c.authorityId,
    departmentId: c.departmentId,
    holderUscc: c.holderUscc,
    scopes: c.scopes,
    tokenBinding: c.tokenBinding,
    publicKeyJwk: PublicKey,
    ...kept,
  },
  { examples: [{ ...CLIENT, ...KEPT }] },
)

const AUTHORITY_KEYS = {
  issuer: 'https://licenses.example.org/authorities/hangzhou',
  jwks: { keys: [{ ...KEY, kid: 'hangzhou-1' }] },
}

export const NewAuthorityKeys = Type.Object(
  {
    issuer: k.issuer,
    jwks: Type.Object(
      { keys: Type.Array(PublicKey, { minItems: 1, maxItems: 100 }) },
      { ...CLOSED, description: 'JWKS (RFC 7517) of EC keys on P-256 with a kid' },
    ),
  },
  { ...CLOSED, examples: [AUTHORITY_KEYS] },
)
export const AuthorityKeysAnswer = Type.Object(
  { ...k, ...keptTimes },
  { examples: [{ id: 'hangzhou', ...AUTHORITY_KEYS, ...KEPT_TIMES }] },
)

export const EntryParams = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 64, examples: ['tax'] }),
})
