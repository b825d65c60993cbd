import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { AuthorityEntry, LicenseData } from '@lexchange/contracts'
import {
  type CredentialInput,
  completeCredential,
  completeJws,
  draftCredential,
  draftStatusListToken,
  encodeStatusList,
  packStatuses,
  type StatusListInput,
  signEs256,
} from '@lexchange/credentials'
import { exportJWK } from 'jose'

import type { DirectoryEntry } from '../src/directory/index.ts'
import { license } from './license-events.ts'

/** A key of an issuer, and what is published of it. */
export async function createIssuerKey(kid: string) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' }
  return { kid, publicKey, privateKey, jwk, sign: signerOf(privateKey) }
}
export type IssuerKey = Awaited<ReturnType<typeof createIssuerKey>>

function signerOf(privateKey: KeyObject) {
  return (text: string) => signEs256(privateKey, Buffer.from(text, 'latin1'))
}

/** Sensitive claims of the credentials; each is a disclosure of its own. */
export const SENSITIVE = {
  contactPhone: '+8613800000000',
  legalRepresentativeId: '440300199001011234',
  beneficialOwners: ['李四', '王五'],
  settlementAccount: '6222020200112230',
}

export type Changes = Partial<CredentialInput> & {
  license?: Partial<LicenseData>
  /** Members of the payload beside those of an issuer of ours, or in their place. */
  plain?: Record<string, unknown>
}

/** An authority that issues as services/issuer does (credential-draft.ts there), with keys of its own. */
export async function createTestIssuer(
  id: string,
  base = 'http://127.0.0.1:7001',
  own: Partial<LicenseData> = {},
) {
  const key = await createIssuerKey(`${id}-1`)
  const issuer = `${base}/authorities/${id}`
  const listUri = `${base}/status-lists/${id}-1`
  const revisions = { authority: 0, keys: 0 }

  return {
    id,
    issuer,
    key,
    listUri,
    authority(changes: Partial<AuthorityEntry> = {}): DirectoryEntry {
      const { region } = license
      const about = { id, name: id, uscc: '11440300MB2C123450', region, state: 'active' as const }
      const licenseTypes = ['business-license']
      const span = { from: '2026-01-01T00:00:00.000Z', to: null, licenseTypes, region }
      revisions.authority += 1
      const entry = { ...about, licenseTypes, entitlements: [span], ...changes }
      return { kind: 'authority', entry: { ...entry, revision: revisions.authority } }
    },
    keys(...jwks: object[]): DirectoryEntry {
      revisions.keys += 1
      const keys = (jwks.length > 0 ? jwks : [key.jwk]) as never
      return {
        kind: 'authority-keys',
        entry: { id, issuer, jwks: { keys }, revision: revisions.keys },
      }
    },
    /** The credential of a license, with all its disclosures. */
    issue: (changes: Changes = {}, by: IssuerKey = key) =>
      issue({ id, issuer, listUri }, { ...changes, license: { ...own, ...changes.license } }, by),
    statusList(statuses: readonly [number, number][], changes: Partial<StatusListInput> = {}) {
      return statusListToken({ issuer, listUri, key }, statuses, changes)
    },
  }
}
export type TestIssuer = Awaited<ReturnType<typeof createTestIssuer>>

type Terms = { id: string; issuer: string; listUri: string }

function issue({ id, issuer, listUri }: Terms, changes: Changes, by: IssuerKey): string {
  const { plain = {}, license: changed = {}, ...input } = changes
  const { claims, ...data } = { ...license, ...changed }
  const { licenseId, identifier, type, number, version, holder, region } = data
  const { validFrom, validUntil, issuedAt } = data
  const draft = draftCredential({
    issuer,
    kid: by.kid,
    vct: `http://127.0.0.1:7002/.well-known/vct/${type}`,
    issuedAt: new Date(issuedAt),
    notBefore: new Date(validFrom),
    ...(validUntil !== null && { expires: new Date(validUntil) }),
    status: { uri: listUri, index: 7 },
    plain: {
      ...{ licenseId, identifier, type, number, version, holder, region },
      ...{ authority: { id, name: id }, validFrom, validUntil, issuedAt },
      ...plain,
    },
    claims: { public: claims as never, sensitive: SENSITIVE },
    decoys: 2,
    ...input,
  })
  return completeCredential(draft, by.sign(draft.signingInput))
}

type ListTerms = { issuer: string; listUri: string; key: IssuerKey }

function statusListToken(
  { issuer, listUri, key }: ListTerms,
  statuses: readonly [number, number][],
  changes: Partial<StatusListInput>,
): string {
  const now = Math.floor(Date.now() / 1000)
  const lst = encodeStatusList(packStatuses(2 ** 10, 2, statuses), 2)
  const about = { uri: listUri, issuer, kid: key.kid, bits: 2 as const, lst }
  const times = { issuedAt: now, expires: now + 3_600, ttl: 3_600 }
  const draft = draftStatusListToken({ ...about, ...times, ...changes })
  return completeJws(draft, key.sign(draft.signingInput))
}

/** A credential whose header and payload are as given, signed by the key. */
export function signRaw(key: IssuerKey, header: unknown, payload: string | object): string {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
  const encode = (part: string) => Buffer.from(part).toString('base64url')
  const input = `${encode(JSON.stringify(header))}.${encode(text)}`
  return `${input}.${key.sign(input).toString('base64url')}~`
}
