import { generateKeyPairSync } from 'node:crypto'

import {
  completeCredential,
  draftCredential,
  type EcPublicJwk,
  presentCredential,
  signEs256,
} from '@lexchange/credentials'

import { benchLicense } from './licenses.ts'

const ISSUER = 'http://127.0.0.1:7001/authorities/shenzhen'
const KID = 'bench-1'
/** Claims that are hidden: as many disclosures as the floors of the budgets have. */
const SENSITIVE = {
  legalRepresentativeId: '440301198001010011',
  contactPhone: '+8675500000000',
  settlementAccount: 'SYNTHETIC0001',
  beneficialOwners: ['示例一', '示例二'],
  note: 'synthetic',
  remark: 'synthetic',
}

/** An issuer with a key of its own, as the directory knows it, and credentials of it. */
export function benchIssuer() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = { ...(publicKey.export({ format: 'jwk' }) as EcPublicJwk), kid: KID, alg: 'ES256' }
  const jwks = { keys: [jwk] }
  const entitlements = [
    {
      from: '2020-01-01T00:00:00.000Z',
      to: null,
      licenseTypes: ['business-license'],
      region: '440300',
    },
  ]
  return {
    publicKey,
    issuer: ISSUER,
    kid: KID,
    jwks,
    entries: {
      authority: {
        id: 'shenzhen',
        name: 'Shenzhen Administration for Market Regulation',
        uscc: '11440300MB2D27196D',
        region: '440300',
        licenseTypes: ['business-license'],
        state: 'active',
        entitlements,
        revision: 1,
      },
      'authority-keys': { id: 'shenzhen', issuer: ISSUER, jwks, revision: 1 },
    },
    /** The credential of license number `index` of a bench, with all its disclosures. */
    credential(index: number): string {
      const { licenseId, identifier, type, number, holder, authority, region, issuedAt, versions } =
        benchLicense(index)
      const [version] = versions
      const draft = draftCredential({
        issuer: ISSUER,
        kid: KID,
        vct: `http://127.0.0.1:7002/.well-known/vct/${type}`,
        issuedAt: new Date(),
        notBefore: new Date(version?.validFrom ?? 0),
        expires: new Date(version?.validUntil ?? 0),
        status: { uri: 'http://127.0.0.1:7001/status-lists/bench', index },
        plain: {
          ...{ licenseId, identifier, type, number, version: 1, holder, authority, region },
          issuedAt,
        },
        claims: { public: version?.claims as never, sensitive: SENSITIVE },
        decoys: 0,
      })
      const signature = signEs256(privateKey, Buffer.from(draft.signingInput, 'latin1'))
      return presentCredential(completeCredential(draft, signature), Object.keys(SENSITIVE))
    },
  }
}
