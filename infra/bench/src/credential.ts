import { createHash, hash, type KeyObject, verify } from 'node:crypto'

import { checkDisclosures, checkSignature, readCredential } from '@lexchange/credentials'
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc'

import { type BenchOptions, type BenchResult, compare } from './bench.ts'
import { benchIssuer } from './credential-issuer.ts'
import { worked } from './in-process.ts'
import type { Side } from './load.ts'

/** So many different credentials, each presented in turn: nothing of one helps another. */
const CREDENTIALS = 2_000

/** Verifying a credential never seen before against the least that node:crypto can do for it. */
export function benchCredential(options: BenchOptions): Promise<BenchResult> {
  const { ours, credentials, publicKey } = prepare()
  const reference = worked(
    'least possible on node:crypto',
    inTurn(credentials, (compact) => leastPossible(compact, publicKey)),
  )
  return compare({ name: 'credential', ours, reference, budget: 0.9, beyond: 0.97 }, options)
}

/** The same against @sd-jwt/sd-jwt-vc. */
export function benchCredentialVsPeer(options: BenchOptions): Promise<BenchResult> {
  const { ours, credentials, publicKey } = prepare()
  const peer = new SDJwtVcInstance({
    hasher: (data, algorithm) =>
      createHash(algorithm.replace('-', ''))
        .update(typeof data === 'string' ? data : Buffer.from(data))
        .digest(),
    verifier: (data, signature) =>
      verify(
        'sha256',
        Buffer.from(data),
        { key: publicKey, dsaEncoding: 'ieee-p1363' },
        Buffer.from(signature, 'base64url'),
      ),
    statusVerifier: () => true,
    statusListFetcher: () => Promise.reject(new Error('a bench fetches nothing')),
  })
  // The status is a step of its own, on both sides left out.
  Object.assign(peer, { verifyStatus: () => Promise.resolve() })
  const run = inTurn(credentials, (compact) => peer.verify(compact))
  const reference = worked('@sd-jwt/sd-jwt-vc', run)
  return compare({ name: 'credential-vs-peer', ours, reference, budget: 2.5, beyond: 3 }, options)
}

function prepare(): { ours: Side; credentials: string[]; publicKey: KeyObject } {
  const issuer = benchIssuer()
  const credentials = Array.from({ length: CREDENTIALS }, (_, index) => issuer.credential(index))
  const key = { key: issuer.publicKey }
  const ours = worked(
    'readCredential, checkSignature, checkDisclosures',
    inTurn(credentials, (compact) => {
      const { credential } = checkSignature(readCredential(compact), () => key)
      if (!credential || checkDisclosures(credential).result !== 'pass') throw new Error('invalid')
    }),
  )
  return { ours, credentials, publicKey: issuer.publicKey }
}

function inTurn(credentials: readonly string[], work: (compact: string) => unknown) {
  let next = 0
  return () => work(credentials[next++ % credentials.length] as string)
}

/** Split, decode, parse, one signature, one digest a disclosure: no rule of RFC 9901 is asked about. */
function leastPossible(compact: string, key: KeyObject): void {
  const [jwt = '', ...disclosures] = compact.split('~').slice(0, -1)
  const [header = '', payload = '', signature = ''] = jwt.split('.')
  JSON.parse(Buffer.from(header, 'base64url').toString())
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const data = Buffer.from(`${header}.${payload}`)
  if (!verify('sha256', data, key, derOf(Buffer.from(signature, 'base64url'))))
    throw new Error('invalid')
  const digests = new Set(claims.claims._sd)
  for (const disclosure of disclosures) {
    JSON.parse(Buffer.from(disclosure, 'base64url').toString())
    if (!digests.has(hash('sha256', disclosure, 'base64url'))) throw new Error('invalid')
  }
}

/** R and S as node:crypto wants them without a conversion of its own, which is slower. */
function derOf(signature: Buffer): Buffer {
  const [r, s] = [signature.subarray(0, 32), signature.subarray(32)].map(integerOf) as [
    Buffer,
    Buffer,
  ]
  return Buffer.concat([Buffer.from([0x30, r.length + s.length]), r, s])
}

function integerOf(bytes: Buffer): Buffer {
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start++
  const trimmed = bytes.subarray(start)
  const padded = (trimmed[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), trimmed]) : trimmed
  return Buffer.concat([Buffer.from([0x02, padded.length]), padded])
}
