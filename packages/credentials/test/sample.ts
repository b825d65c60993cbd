import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'

import type { CredentialInput } from '../src/credential-draft.ts'
import {
  completeCredential,
  completeJws,
  draftCredential,
  draftStatusListToken,
  type EcPublicJwk,
  encodeStatusList,
  type FindKey,
  type JwsDraft,
  packStatuses,
  type StatusListInput,
  signEs256,
  type TrustList,
} from '../src/index.ts'

export type KeyPair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject }

export const issuerKeys: KeyPair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
export const holderKeys: KeyPair = generateKeyPairSync('ec', { namedCurve: 'P-256' })

export const jwkOf = ({ publicKey }: KeyPair) =>
  publicKey.export({ format: 'jwk' }) as unknown as EcPublicJwk

export const ISSUER = 'https://issuer.example/authorities/sz'
export const KID = 'sz-1'
export const LIST = 'https://issuer.example/status-lists/1'
export const ISSUED_AT = 1_790_000_000
export const EXPIRES = 1_890_000_000
export const NOW = 1_800_000_000

export const findKey: FindKey = (issuer, kid) =>
  issuer === ISSUER && kid === KID ? { key: issuerKeys.publicKey } : undefined

export const sampleInput: CredentialInput = {
  issuer: ISSUER,
  kid: KID,
  vct: 'urn:lexchange:credential:business-license',
  issuedAt: ISSUED_AT,
  notBefore: ISSUED_AT,
  expires: EXPIRES,
  status: { uri: LIST, index: 5 },
  holderKey: jwkOf(holderKeys),
  plain: {
    licenseId: '01990000-0000-7000-8000-000000000001',
    type: 'business-license',
    number: '91440300MA5EQ4TC9X',
    version: 1,
    region: '440300',
    validUntil: null,
    holder: { kind: 'person' },
  },
  claims: {
    public: {
      name: '深圳市某某科技有限公司',
      registeredCapital: { amount: '1.00', currency: 'CNY' },
    },
    sensitive: {
      legalRepresentativeId: '440300199001011234',
      contactPhone: '+8613800000000',
      beneficialOwners: ['张三', '李四'],
      settlementAccount: '6222000000000000',
    },
  },
  sensitiveHolder: { name: '张三', idNumber: '440300199001011234' },
  decoys: 2,
}

export const sensitiveNames = [
  'legalRepresentativeId',
  'contactPhone',
  'beneficialOwners',
  'settlementAccount',
  'holder.name',
  'holder.idNumber',
]

export function signInput(draft: Pick<JwsDraft, 'signingInput'>, keys = issuerKeys): Buffer {
  return signEs256(keys.privateKey, Buffer.from(draft.signingInput))
}

export function issueCredential(changes: Partial<CredentialInput> = {}): string {
  const draft = draftCredential({ ...sampleInput, ...changes })
  return completeCredential(draft, signInput(draft))
}

/** A credential whose payload and header are as given, correctly signed: what a careless issuer could sign. */
export function signRaw(
  payload: unknown,
  disclosures: readonly string[] = [],
  header: unknown = { alg: 'ES256', typ: 'dc+sd-jwt', kid: KID },
): string {
  const text = (part: unknown) => (typeof part === 'string' ? part : JSON.stringify(part))
  const signingInput = [header, payload]
    .map((part) => Buffer.from(text(part)).toString('base64url'))
    .join('.')
  const jws = completeJws({ signingInput }, signInput({ signingInput }))
  return `${[jws, ...disclosures].join('~')}~`
}

export function issueStatusList(
  entries: Iterable<readonly [number, number]> = [],
  changes: Partial<StatusListInput> = {},
  keys = issuerKeys,
): string {
  const draft = draftStatusListToken({
    uri: LIST,
    kid: KID,
    issuedAt: NOW - 60,
    expires: NOW + 3600,
    ttl: 300,
    bits: 2,
    lst: encodeStatusList(packStatuses(1000, 2, entries), 2),
    ...changes,
  })
  return completeJws(draft, signInput(draft, keys))
}

export const trustList: TrustList = {
  asOf: new Date((NOW - 120) * 1000).toISOString(),
  issuers: [
    {
      issuer: ISSUER,
      authorityId: 'sz',
      name: 'Shenzhen',
      jwks: { keys: [{ ...jwkOf(issuerKeys), kid: KID }] },
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
}

export function readFixture(name: string) {
  return JSON.parse(readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8'))
}

/** Each text that differs from the given one in one character, by a few replacements at each position. */
export function* mutations(text: string, replacements = 'Aw_.~=+ é'): Generator<string> {
  for (let at = 0; at < text.length; at += 1) {
    const neighbour = String.fromCharCode(text.charCodeAt(at) ^ 1)
    for (const other of [neighbour, ...replacements]) {
      if (other !== text[at]) yield text.slice(0, at) + other + text.slice(at + 1)
    }
    yield text.slice(0, at) + text.slice(at + 1)
  }
}
