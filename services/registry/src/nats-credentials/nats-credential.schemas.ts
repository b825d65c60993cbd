import { Time } from '@lexchange/contracts'
import { PageQuery } from '@lexchange/http-server'
import { Type } from 'typebox'

const CLOSED = { additionalProperties: false }
const ID = '019ab3f2-7c00-7000-8000-000000000301'
const DAY = 86_400
export const DEFAULT_SECONDS = 90 * DAY

export const NewNatsCredentials = Type.Union(
  [
    Type.Object(
      {
        expiresIn: Type.Optional(
          Type.Integer({
            ...{ minimum: 1, maximum: 366 * DAY },
            description: `Seconds until they expire; absent: ${DEFAULT_SECONDS}, 90 days`,
          }),
        ),
      },
      CLOSED,
    ),
    Type.Null(),
  ],
  { examples: [{ expiresIn: 30 * DAY }] },
)

const common = {
  id: Type.String({ format: 'uuid', examples: [ID] }),
  departmentId: Type.String({ examples: ['tax'] }),
  createdAt: Time,
  expiresAt: Time,
}
const EXAMPLE = {
  ...{ id: ID, departmentId: 'tax' },
  ...{ createdAt: '2026-11-24T01:00:00.000Z', expiresAt: '2027-02-22T01:00:00.000Z' },
}

export const IssuedNatsCredentials = Type.Object(
  {
    ...common,
    creds: Type.String({ description: 'Text of a .creds file for NATS clients; shown once' }),
  },
  { examples: [{ ...EXAMPLE, creds: '-----BEGIN NATS USER JWT-----\n…' }] },
)

const EXAMPLE_LISTED = {
  ...EXAMPLE,
  publicKey: 'UDYAX4AWTSIZMTMEUTF53FBVYWL2XW4DNMSVZAFXSJPAW4CL5MWD5I3K',
  issuedBy: 'tax-department',
  state: 'active',
  revokedAt: null,
}

export const NatsCredentialAnswer = Type.Object(
  {
    ...common,
    publicKey: Type.String({ description: 'Of the NATS user' }),
    issuedBy: Type.String({ description: 'Client that asked for them' }),
    state: Type.Enum(['active', 'revoked', 'expired'] as const),
    revokedAt: Type.Union([Time, Type.Null()]),
  },
  { examples: [EXAMPLE_LISTED] },
)

export const EXAMPLE_PAGE = { items: [EXAMPLE_LISTED], nextCursor: null }
export const NatsCredentialQuery = Type.Object(PageQuery, CLOSED)
export const NatsDepartmentParams = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 64, examples: ['tax'] }),
})
export const NatsCredentialParams = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 64, examples: ['tax'] }),
  credentialId: Type.String({ format: 'uuid', examples: [ID] }),
})
