import { Time } from '@lexchange/contracts'
import { text } from '@lexchange/license'
import { Type } from 'typebox'

const KID = '019ab3f2-7c00-7000-8000-0000000000b1'
const JWK = {
  kty: 'EC',
  crv: 'P-256',
  x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
  y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
  kid: KID,
  alg: 'ES256',
  use: 'sig',
  nbf: 1795482000,
}

export const keyExample = {
  kid: KID,
  state: 'signing',
  createdAt: '2026-11-24T01:00:00.000Z',
  signsFrom: '2026-11-24T01:00:00.000Z',
  compromisedSince: null,
  publicJwk: JWK,
  credentials: { signed: 24, distrusted: 0 },
}

const Key = {
  kid: Type.String(),
  state: Type.Enum(['planned', 'published', 'signing', 'retired', 'compromised'], {
    description: 'A retired key signs no more, and what it signed holds',
  }),
  createdAt: Time,
  signsFrom: Time,
  compromisedSince: Type.Union([Time, Type.Null()]),
  publicJwk: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()]),
  credentials: Type.Object(
    { signed: Type.Integer(), distrusted: Type.Integer() },
    {
      description:
        'Credentials of present versions that it signed, and how many of them are not trusted and are being made again',
    },
  ),
}

export const KeyAnswer = Type.Object(Key, { examples: [keyExample] })
export const KeyItem = Type.Object(Key)

export const KeyParams = Type.Object({
  kid: Type.String({ pattern: '^[A-Za-z0-9_-]{1,128}$', examples: [KID] }),
})

export const CompromiseRequest = Type.Object(
  {
    since: Type.String({
      format: 'date-time',
      maxLength: 40,
      description: 'From when on nothing that it signed is trusted',
    }),
    reason: text(1000),
  },
  {
    additionalProperties: false,
    examples: [{ since: '2026-11-24T00:00:00.000Z', reason: 'A backup with the key was stolen' }],
  },
)

export const IssuerParams = Type.Object({
  id: Type.String({ pattern: '^[a-z0-9-]{1,64}$', examples: ['shenzhen'] }),
})

export const IssuerMetadata = Type.Object(
  {
    issuer: Type.String({ format: 'uri' }),
    jwks: Type.Object({ keys: Type.Array(Type.Record(Type.String(), Type.Unknown())) }),
  },
  {
    examples: [{ issuer: 'http://127.0.0.1:7001/authorities/shenzhen', jwks: { keys: [JWK] } }],
  },
)
