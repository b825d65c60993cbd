import { generateKeyPairSync } from 'node:crypto'

import {
  completeCredential,
  completeJws,
  draftCredential,
  draftStatusListToken,
  encodeStatusList,
  packStatuses,
  signEs256,
  type TrustList,
} from '@lexchange/credentials'

const ISSUER = 'https://issuer.example/authorities/shenzhen'
const KID = 'k1'

/** An authority that signs credentials and status lists. */
export function createAuthority() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const sign = ({ signingInput }: { signingInput: string }) =>
    signEs256(privateKey, Buffer.from(signingInput))
  const now = () => Math.floor(Date.now() / 1_000)

  function credential(statusList: string): string {
    const draft = draftCredential({
      issuer: ISSUER,
      kid: KID,
      vct: 'urn:lexchange:credential:business-license',
      issuedAt: now() - 60,
      notBefore: now() - 60,
      status: { uri: statusList, index: 5 },
      plain: {
        type: 'business-license',
        number: '91440300MA5EQ4TC9X',
        version: 1,
        region: '440300',
      },
      claims: { public: { name: 'Example Ltd.' }, sensitive: {} },
      decoys: 0,
    } as Parameters<typeof draftCredential>[0])
    return completeCredential(draft, sign(draft))
  }

  function statusList(uri: string, status: number, ttl = 300): string {
    const draft = draftStatusListToken({
      uri,
      kid: KID,
      issuedAt: now() - 1,
      expires: now() + 3_600,
      ttl,
      bits: 2,
      lst: encodeStatusList(packStatuses(100, 2, [[5, status]]), 2),
    })
    return completeJws(draft, sign(draft))
  }

  const jwk = publicKey.export({ format: 'jwk' })
  const trustList = {
    asOf: new Date().toISOString(),
    issuers: [
      {
        issuer: ISSUER,
        authorityId: 'shenzhen',
        name: 'Shenzhen',
        jwks: { keys: [{ ...jwk, kid: KID }] },
        entitlements: [
          {
            from: '2020-01-01T00:00:00.000Z',
            to: null,
            licenseTypes: ['business-license'],
            region: '440000',
          },
        ],
      },
    ],
  } as unknown as TrustList
  return { credential, statusList, trustList }
}
