import { Type } from 'typebox'

/** For the document only: the library reads and checks the body, as RFC 6749 wants it. */
export const TokenRequest = Type.Object(
  {
    grant_type: Type.Literal('client_credentials'),
    client_id: Type.String(),
    scope: Type.String({ description: 'Scopes separated by spaces; those allowed are granted' }),
    client_assertion_type: Type.Literal('urn:ietf:params:oauth:client-assertion-type:jwt-bearer'),
    client_assertion: Type.String({
      description:
        'JWT signed ES256 or EdDSA: iss = sub = client id, aud = issuer, jti used once, iat, exp at most 5 minutes ahead',
    }),
  },
  {
    examples: [
      {
        grant_type: 'client_credentials',
        client_id: 'tax-department',
        scope: 'license:read license:verify',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: 'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJ0YXgtZGVwYXJ0bWVudCJ9.c2lnbmF0dXJl',
      },
    ],
  },
)

export const TokenHeaders = Type.Object({
  dpop: Type.Optional(
    Type.String({
      maxLength: 4096,
      description: 'Proof of possession that the token is bound to (RFC 9449)',
    }),
  ),
})

export const Token = Type.Object(
  {
    access_token: Type.String(),
    token_type: Type.Union([Type.Literal('Bearer'), Type.Literal('DPoP')]),
    expires_in: Type.Integer(),
    scope: Type.String(),
  },
  {
    description: 'An access token: a JWT (RFC 9068) good at every service',
    examples: [
      {
        access_token: 'eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl',
        token_type: 'Bearer',
        expires_in: 600,
        scope: 'license:read license:verify',
      },
    ],
  },
)

export const TokenError = Type.Object(
  {
    error: Type.String(),
    error_description: Type.Optional(Type.String()),
    scope: Type.Optional(Type.String()),
  },
  {
    description: 'Why no token was given (RFC 6749, 5.2)',
    examples: [{ error: 'invalid_client', error_description: 'client authentication failed' }],
  },
)

export const Metadata = Type.Object(
  {
    issuer: Type.String(),
    token_endpoint: Type.String(),
    jwks_uri: Type.String(),
    scopes_supported: Type.Array(Type.String()),
    response_types_supported: Type.Array(Type.String()),
    grant_types_supported: Type.Array(Type.String()),
    token_endpoint_auth_methods_supported: Type.Array(Type.String()),
    token_endpoint_auth_signing_alg_values_supported: Type.Array(Type.String()),
    dpop_signing_alg_values_supported: Type.Array(Type.String()),
    tls_client_certificate_bound_access_tokens: Type.Boolean(),
    service_documentation: Type.String(),
  },
  {
    examples: [
      {
        issuer: 'http://127.0.0.1:7002',
        token_endpoint: 'http://127.0.0.1:7002/oauth/token',
        jwks_uri: 'http://127.0.0.1:7002/oauth/jwks',
        scopes_supported: ['license:read'],
        response_types_supported: [],
        grant_types_supported: ['client_credentials'],
        token_endpoint_auth_methods_supported: ['private_key_jwt'],
        token_endpoint_auth_signing_alg_values_supported: ['ES256', 'EdDSA'],
        dpop_signing_alg_values_supported: ['ES256', 'EdDSA'],
        tls_client_certificate_bound_access_tokens: true,
        service_documentation: 'http://127.0.0.1:7002/docs',
      },
    ],
  },
)

const PublicJwk = Type.Object({
  kid: Type.String(),
  kty: Type.String(),
  crv: Type.String(),
  x: Type.String(),
  y: Type.String(),
  alg: Type.String(),
  use: Type.String(),
})

export const Jwks = Type.Object(
  { keys: Type.Array(PublicJwk) },
  {
    examples: [
      {
        keys: [
          {
            kid: '019ab3f2-7c00-7000-8000-000000000300',
            kty: 'EC',
            crv: 'P-256',
            x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
            y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
            alg: 'ES256',
            use: 'sig',
          },
        ],
      },
    ],
  },
)

export const RotatedKey = Type.Object(
  {
    kid: Type.String(),
    createdAt: Type.String({ format: 'date-time' }),
    activeFrom: Type.String({ format: 'date-time', description: 'When it begins to sign' }),
  },
  {
    examples: [
      {
        kid: '019ab3f2-7c00-7000-8000-000000000300',
        createdAt: '2026-11-24T01:00:00.000Z',
        activeFrom: '2026-11-24T01:01:00.000Z',
      },
    ],
  },
)
