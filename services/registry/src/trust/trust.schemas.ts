import { AuthorityKeysEntry, Entitlement, LicenseTypeCode, Time } from '@lexchange/contracts'
import { Type } from 'typebox'

const { id, issuer, jwks } = AuthorityKeysEntry.properties

const trustExample = {
  asOf: '2026-11-24T01:00:00.000Z',
  issuers: [
    {
      issuer: 'http://127.0.0.1:7001/authorities/shenzhen',
      authorityId: 'shenzhen',
      name: 'Shenzhen Administration for Market Regulation',
      jwks: {
        keys: [
          {
            kty: 'EC',
            crv: 'P-256',
            x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
            y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
            kid: '019ab3a1-7c00-7000-8000-00000000000a',
            alg: 'ES256',
            use: 'sig',
            nbf: 1795482000,
          },
        ],
      },
      entitlements: [
        {
          from: '2026-11-24T00:00:00.000Z',
          to: null,
          licenseTypes: ['business-license'],
          region: '440300',
        },
      ],
    },
  ],
}

export const TrustListAnswer = Type.Object(
  {
    asOf: Time,
    issuers: Type.Array(
      Type.Object({
        issuer,
        authorityId: id,
        name: Type.String(),
        jwks,
        entitlements: Type.Array(Entitlement),
      }),
    ),
  },
  { examples: [trustExample] },
)

export const TypeParams = Type.Object({ code: LicenseTypeCode })

export const TypeMetadataAnswer = Type.Object(
  {
    vct: Type.String({ format: 'uri' }),
    name: Type.String(),
    description: Type.String(),
    display: Type.Array(
      Type.Object({ locale: Type.String(), name: Type.String(), description: Type.String() }),
    ),
    claims: Type.Array(
      Type.Object({
        path: Type.Array(Type.String()),
        sd: Type.Union([Type.Literal('never'), Type.Literal('always')], {
          description: 'Whether the holder may choose to disclose it',
        }),
      }),
    ),
  },
  {
    examples: [
      {
        vct: 'http://127.0.0.1:7002/.well-known/vct/business-license',
        name: 'Business license',
        description: 'Registers an enterprise as a market entity',
        display: [
          {
            locale: 'en',
            name: 'Business license',
            description: 'Registers an enterprise as a market entity',
          },
        ],
        claims: [
          { path: ['claims', 'name'], sd: 'never' },
          { path: ['claims', 'contactPhone'], sd: 'always' },
        ],
      },
    ],
  },
)
