import { deflateSync, gzipSync } from 'node:zlib'
import { waitFor } from '@lexchange/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ListServer, startListServer } from '../../test/list-server.ts'
import { codeOf, resultsOf, type Served, startWithIssuer } from '../../test/start-with-issuer.ts'
import {
  createIssuerKey,
  createTestIssuer,
  signRaw,
  type TestIssuer,
} from '../../test/test-issuer.ts'

let served: Served
let server: ListServer
let elsewhere: ListServer
let foreign: TestIssuer

beforeAll(async () => {
  served = await startWithIssuer()
  server = await startListServer()
  elsewhere = await startListServer()
  foreign = await createTestIssuer('abroad', server.url)
  await enterForeign(foreign)
})
afterAll(async () => {
  await served.stop()
  await server.close()
  await elsewhere.close()
})

async function enterForeign(issuer: TestIssuer): Promise<void> {
  await served.streams.enter(issuer.authority({ foreign: true }))
  await served.streams.enter(issuer.keys())
  // It names a list elsewhere, so that nothing is fetched yet.
  const status = { uri: 'http://127.0.0.1:1/none', index: 1 }
  await waitFor(async () => {
    const answer = await served.verify(issuer.issue({ status }))
    return codeOf(answer, 'status') === 'status-list-unavailable'
  })
}

let lists = 0
/** A list of its own for each case: what was fetched, or could not be, is kept. */
function newList(index = 7) {
  lists += 1
  const uri = `${server.url}/status-lists/${lists}`
  return { uri, credential: foreign.issue({ status: { uri, index } }) }
}

/** Neither revoked nor valid: nobody knows. */
async function expectNotCheckable(credential: string, code: string, asked = {}) {
  const answer = await served.verify(credential, asked)
  expect([answer.verdict, answer.status]).toEqual(['indeterminate', null])
  expect(resultsOf(answer)[3]).toBe(`status: not-checkable, ${code}`)
  expect(codeOf(answer, 'signature')).toBe('signature-valid')
}

describe('the status of a credential of another exchange', () => {
  it('is what the list of its issuer says', async () => {
    const cases = [
      [0, 'valid', 'active', 'status: pass, status-valid'],
      [1, 'invalid', 'revoked', 'status: fail, status-invalid'],
      [2, 'invalid', 'suspended', 'status: fail, status-suspended'],
    ] as const
    for (const [value, verdict, status, check] of cases) {
      const { uri, credential } = newList()
      server.serve(foreign.statusList([[7, value]], { uri }))
      const answer = await served.verify(credential)
      expect(answer).toMatchObject({ verdict, status, version: 1 })
      expect(resultsOf(answer)[3]).toBe(check)
      expect(answer).toMatchObject({ validFrom: '2026-01-02T00:00:00.000Z', validUntil: null })
    }
  })

  it('is found in a list that comes compressed', async () => {
    const { uri, credential } = newList()
    const list = gzipSync(foreign.statusList([[7, 1]], { uri }))
    server.serve(list, { 'content-encoding': 'gzip' })
    expect((await served.verify(credential)).status).toBe('revoked')
  })

  it('is not checkable by a list that cannot be had', async () => {
    const { uri } = newList()
    const good = foreign.statusList([], { uri })
    const answers: Parameters<ListServer['answerWith']>[0][] = [
      (_, response) => void response.writeHead(404).end(good),
      (_, response) => void response.writeHead(503).end(),
      (_, response) => void response.destroy(),
      (_, response) => void response.writeHead(302, { location: `${server.url}/other` }).end(),
      (_, response) => void response.writeHead(301, { location: elsewhere.url }).end(),
      (_, response) => void response.end(Buffer.alloc(3 * 2 ** 20 + 1, 'x')),
      // A thousandfold by the transport's own compression.
      (_, response) =>
        void response
          .writeHead(200, { 'content-encoding': 'gzip' })
          .end(gzipSync(Buffer.alloc(64 * 2 ** 20))),
    ]
    elsewhere.serve(good)
    for (const answer of answers) {
      server.answerWith(answer)
      await expectNotCheckable(newList().credential, 'status-list-unavailable')
    }
    expect(elsewhere.asked).toBe(0)
    const nowhere = { uri: `${server.url.replace(/\d+$/, '1')}/x`, index: 7 }
    await expectNotCheckable(foreign.issue({ status: nowhere }), 'status-list-unavailable')
  })

  it('is never looked for elsewhere than at the origin of its issuer', async () => {
    const before = server.asked
    for (const uri of [
      `${elsewhere.url}/status-lists/1`,
      server.url.replace('http:', 'https:'),
      server.url.replace('127.0.0.1', 'localhost'),
      server.url.replace('//', '//user:secret@'),
      'file:///etc/passwd',
      'no uri at all',
    ]) {
      const credential = foreign.issue({ status: { uri, index: 7 } })
      await expectNotCheckable(credential, 'status-list-unavailable')
    }
    expect([server.asked - before, elsewhere.asked]).toEqual([0, 0])
  })

  it('is not checkable by a list that does not hold', async () => {
    const thief = await createIssuerKey(foreign.key.kid)
    const other = await createIssuerKey('unknown')
    const forger = await createTestIssuer('abroad', server.url)
    const bomb = deflateSync(Buffer.alloc(64 * 2 ** 20)).toString('base64url')
    const now = Math.floor(Date.now() / 1000)
    const cases: [(uri: string) => string, string][] = [
      [() => 'nonsense', 'status-list-malformed'],
      [() => '', 'status-list-malformed'],
      [(uri) => foreign.statusList([], { uri: `${uri}0` }), 'status-list-mismatch'],
      [(uri) => foreign.statusList([], { uri, issuer: server.url }), 'status-list-mismatch'],
      [(uri) => forger.statusList([[7, 1]], { uri, kid: thief.kid }), 'signature-invalid'],
      [(uri) => forger.statusList([[7, 1]], { uri, kid: other.kid }), 'key-unknown'],
      [(uri) => foreign.statusList([], { uri, lst: bomb }), 'status-list-too-large'],
      [(uri) => foreign.statusList([], { uri, lst: 'AAAA' }), 'status-list-malformed'],
      [(uri) => foreign.statusList([], { uri, bits: 3 as never }), 'status-bits-not-allowed'],
      [(uri) => foreign.statusList([], { uri, expires: now }), 'status-list-expired'],
      [(uri) => foreign.statusList([], { uri, issuedAt: now + 600 }), 'status-list-later'],
      [(uri) => foreign.statusList([[7, 3]], { uri }), 'status-value-unknown'],
    ]
    for (const [list, code] of cases) {
      const { uri, credential } = newList()
      server.serve(list(uri))
      await expectNotCheckable(credential, code)
    }
    for (const index of [1_024, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
      const { uri, credential } = newList(index)
      server.serve(foreign.statusList([], { uri }))
      await expectNotCheckable(credential, 'status-index-out-of-range')
    }
  })

  it('is not checkable for a time before the list was made', async () => {
    const { uri, credential } = newList()
    const hourAgo = Math.floor(Date.now() / 1000) - 3_600
    server.serve(foreign.statusList([[7, 1]], { uri, issuedAt: hourAgo }))
    expect((await served.verify(credential)).status).toBe('revoked')
    const at = (seconds: number) => ({ at: new Date((hourAgo + seconds) * 1000).toISOString() })
    await expectNotCheckable(credential, 'status-list-later', at(-86_400))
    expect((await served.verify(credential, at(60))).status).toBe('revoked')
  })

  it('is fetched once for many who ask at once, and for a batch', async () => {
    const { uri, credential } = newList()
    const list = foreign.statusList([[7, 2]], { uri })
    const pending: (() => void)[] = []
    server.answerWith((_, response) => void pending.push(() => response.end(list)))
    const before = server.asked
    const item = { license: { credential }, purpose: 'tendering', caseRef: '1' }
    const batch = served.post('/v1/verifications/batch', { items: Array(100).fill(item) })
    const answers = Promise.all(Array.from({ length: 50 }, () => served.verify(credential)))
    await waitFor(() => pending.length > 0)
    for (const answer of pending) answer()
    expect(new Set((await answers).map(({ status }) => status))).toEqual(new Set(['suspended']))
    const { items } = (await batch).body
    expect(items.map(({ status }: { status: string }) => status)).toEqual(
      Array(100).fill('suspended'),
    )
    expect((await served.verify(credential)).status).toBe('suspended')
    expect(server.asked - before).toBe(1)
  })

  it('waits two seconds for a slow server, and no longer', async () => {
    server.answerWith((_, response) => {
      response.writeHead(200)
      response.write('e')
    })
    const started = performance.now()
    const credentials = [newList().credential, newList().credential]
    await Promise.all(
      credentials.map((each) => expectNotCheckable(each, 'status-list-unavailable')),
    )
    expect(performance.now() - started).toBeLessThan(3_500)
    // And not again at once: the next caller does not wait for it.
    const again = performance.now()
    await expectNotCheckable(credentials[0] ?? '', 'status-list-unavailable')
    expect(performance.now() - again).toBeLessThan(1_000)
  })

  it('says by the credential what a list cannot: expired, not yet valid', async () => {
    const { uri } = newList()
    server.serve(foreign.statusList([], { uri }))
    const of = (changes: object) => foreign.issue({ status: { uri, index: 7 }, ...changes })
    const expired = await served.verify(of({ expires: new Date('2026-06-01T00:00:00Z') }))
    expect(expired).toMatchObject({ verdict: 'invalid', status: 'expired' })
    const early = await served.verify(of({ notBefore: new Date('2999-01-01T00:00:00Z') }))
    expect(early).toMatchObject({ verdict: 'invalid', status: 'not-yet-valid' })
  })

  it('is answered whatever the members are that another exchange writes', async () => {
    const { uri } = newList()
    server.serve(foreign.statusList([], { uri }))
    for (const odd of [7.5, 1e300, -1, 'text', { a: 1 }, null, 'x'.repeat(3_000)]) {
      const plain = { licenseId: odd, version: odd, validFrom: odd, validUntil: odd, number: odd }
      const credential = foreign.issue({ plain, status: { uri, index: 7 } })
      const answer = await served.verify(credential, { receipt: true })
      expect(answer).toMatchObject({ verdict: 'valid', validFrom: null, validUntil: null })
    }
    // What our own draft would refuse to sign.
    const [header, payload] = foreign
      .issue({ status: { uri, index: 7 } })
      .split('.')
      .slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()))
    const half = signRaw(foreign.key, header, { ...payload, licenseId: '\ud800' })
    expect((await served.verify(half, { receipt: true })).verdict).toBe('valid')
    const longUri = `${uri}?${'x'.repeat(3_000)}`
    const long = foreign.issue({ status: { uri: longUri, index: 7 } })
    expect((await served.verify(long, { receipt: true })).receipt).toBeDefined()
  })
})
