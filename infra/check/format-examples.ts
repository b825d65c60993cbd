import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'

import {
  completeCredential,
  completeJws,
  createKeyBinding,
  decodeStatusList,
  draftReceipt,
  draftStatusListToken,
  encodeStatusList,
  type JwsDraft,
  packStatuses,
  presentCredential,
  STATUS_INVALID,
  STATUS_SUSPENDED,
  type TrustList,
  verifyOffline,
} from '@lexchange/credentials'

import {
  EXAMPLE_KEYS,
  json,
  signerKeeping,
  unwrappedTexts,
  withExample,
  wrapped,
} from './example-page.ts'
import {
  ASKED_AT,
  AUTHORITY,
  decode,
  exampleTypeMetadata,
  INDEX,
  ISSUER,
  issueExample,
  LIST_ID,
  verifyExample,
} from './example-services.ts'

const FORMATS = [
  'credential',
  'status-list',
  'receipt',
  'presentation',
  'type-metadata',
  'trust-list',
] as const
type Format = (typeof FORMATS)[number]

const { authority, holder, verification } = EXAMPLE_KEYS
const AUDIENCE = 'https://tendering.example'
const NONCE = 'SZ-2026-0117-7f3a'
const VERIFICATION_ID = '019ab3f2-7c00-7000-8000-0000000000f1'
const ENTRIES = [
  [11, STATUS_INVALID],
  [1000, STATUS_SUSPENDED],
  [INDEX + 1, STATUS_INVALID],
] as const

const fileOf = (format: Format) => `docs/formats/${format}.md`

/** The pages of docs/formats with examples that the code of today makes and accepts. */
export async function formatPages(): Promise<[file: string, page: string][]> {
  const pages = new Map(FORMATS.map((format) => [format, readFileSync(fileOf(format), 'utf8')]))
  const examples = await makeExamples(pages)
  return FORMATS.map((format) => {
    const page = pages.get(format) as string
    return [fileOf(format), withExample(page, examples[format], fileOf(format))]
  })
}

async function makeExamples(pages: ReadonlyMap<Format, string>): Promise<Record<Format, string>> {
  const sign = signerKeeping([...pages.values()])
  const complete = (draft: JwsDraft, key: typeof authority) =>
    completeJws(draft, sign(key, Buffer.from(draft.signingInput)))
  const { draft, metadata } = await issueExample()
  const credential = completeCredential(draft, sign(authority, Buffer.from(draft.signingInput)))
  const list = draftList(pages.get('status-list') ?? '')
  const listToken = complete(list, authority)
  const trustList = trustListOf(metadata)
  const shown = presentCredential(credential, ['contactPhone'])
  const bound = createKeyBinding(shown, { aud: AUDIENCE, nonce: NONCE, iat: ASKED_AT }, (data) =>
    sign(holder, data),
  )
  requireValid(bound, listToken, trustList)
  const request = {
    license: { credential: bound },
    ...{ purpose: 'tendering', caseRef: 'SZ-2026-0117', receipt: true },
    holderBinding: { audience: AUDIENCE, nonce: NONCE },
  }
  const found = await verifyExample(request, trustList)
  const receipt = draftReceipt({ ...found, jti: VERIFICATION_ID }, verification.kid)
  return {
    credential: describeCredential(draft, credential),
    'status-list': describeJws(list, listToken),
    receipt: describeJws(receipt, complete(receipt, verification)),
    presentation: describePresentation(bound),
    'type-metadata': json(await exampleTypeMetadata()),
    'trust-list': json(trustList),
  }
}

function draftList(page: string): JwsDraft {
  const bytes = packStatuses(2 ** 20, 2, ENTRIES)
  // Compressed elsewhere the same list may come out otherwise: what is there stays while it says the same.
  const known = lstIn(page)
  const list = decodeStatusList(known, 2)
  const same = list.ok && Buffer.compare(list.value.bytes, bytes) === 0
  return draftStatusListToken({
    uri: `${ISSUER}/status-lists/${LIST_ID}`,
    issuer: `${ISSUER}/authorities/${AUTHORITY.id}`,
    kid: authority.kid,
    issuedAt: ASKED_AT,
    expires: new Date(ASKED_AT.getTime() + 43_200_000),
    ttl: 60,
    bits: 2,
    lst: same ? (known as string) : encodeStatusList(bytes, 2),
  })
}

function lstIn(page: string): string | undefined {
  const [token = ''] = unwrappedTexts(page)
  try {
    return (decode(token.split('.')[1]) as { status_list: { lst: string } }).status_list.lst
  } catch {
    return undefined
  }
}

function trustListOf({ issuer, jwks }: Pick<TrustList['issuers'][number], 'issuer' | 'jwks'>) {
  const { id: authorityId, name, licenseTypes, region } = AUTHORITY
  const entitlements = [{ from: '2026-01-01T00:00:00.000Z', to: null, licenseTypes, region }]
  const asOf = ASKED_AT.toISOString()
  return { asOf, issuers: [{ issuer, authorityId, name, jwks, entitlements }] } satisfies TrustList
}

function requireValid(credential: string, statusList: string, trustList: TrustList): void {
  const answer = verifyOffline({
    ...{ credential, statusList, trustList, at: ASKED_AT, now: ASKED_AT },
    keyBinding: { aud: AUDIENCE, nonce: NONCE },
  })
  if (answer.verdict !== 'valid')
    throw new Error(`The examples do not hold: ${JSON.stringify(answer.checks)}`)
}

function describeJws({ header, payload }: JwsDraft, compact: string): string {
  return `Compact, in lines of 100 characters:\n\n${wrapped(compact)}\n\nHeader:\n\n${json(header)}\n\nPayload:\n\n${json(payload)}`
}

function describeCredential(draft: JwsDraft & { disclosures: readonly string[] }, compact: string) {
  return `${describeJws(draft, compact)}\n\nDisclosures:\n\n${disclosureTable(draft.disclosures)}`
}

function describePresentation(bound: string): string {
  const parts = bound.split('~')
  const [header, payload] = (parts.at(-1) ?? '').split('.')
  const disclosures = disclosureTable(parts.slice(1, -1))
  return [
    `Compact, in lines of 100 characters:\n\n${wrapped(bound)}`,
    `The one disclosure that is left:\n\n${disclosures}`,
    `Header of the KB-JWT:\n\n${json(decode(header))}`,
    `Payload of the KB-JWT:\n\n${json(decode(payload))}`,
  ].join('\n\n')
}

function disclosureTable(disclosures: readonly string[]): string {
  const rows = disclosures.map(
    (each) => `| \`${JSON.stringify(decode(each))}\` | \`${hash('sha256', each, 'base64url')}\` |`,
  )
  return ['| disclosure, decoded | its digest |', '| --- | --- |', ...rows].join('\n')
}
