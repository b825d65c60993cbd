import { createTokenVerifier } from '@lexchange/auth'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { type ListServer, startListServer } from '../../test/list-server.ts'
import { createTestIssuer, type TestIssuer } from '../../test/test-issuer.ts'
import { createDirectory } from '../directory/index.ts'
import { createForeignLists, type ForeignLists } from './create-foreign-lists.ts'

let server: ListServer
let foreign: TestIssuer
let other: TestIssuer
let lists: ForeignLists
let now: number

const directory = createDirectory(createTokenVerifier('http://127.0.0.1:7002'))
const seconds = () => Math.floor(now / 1000)

beforeAll(async () => {
  server = await startListServer()
  foreign = await createTestIssuer('abroad', server.url)
  other = await createTestIssuer('neighbour', server.url)
  const entries = [foreign, other].flatMap((each) => [
    each.authority({ foreign: true }),
    each.keys(),
  ])
  directory.take(entries, true)
})
afterAll(() => server.close())

beforeEach(() => {
  now = Date.now()
  lists = createForeignLists(pino({ level: 'silent' }), () => now, true)
})

/** What is known of a list after asking for it, if it has to be; and how often the server was asked. */
async function ask(by: TestIssuer = foreign, uri = foreign.listUri) {
  const before = server.asked
  const credential = { issuer: by.issuer, status: { uri, index: 1 } }
  await lists.prepare(credential, directory.trust)
  const list = lists.listOf(credential, directory.trust, now)
  return [server.asked - before, list?.ok ? 'usable' : list?.code]
}

describe('foreign lists', () => {
  it('are used for their ttl, and then fetched again', async () => {
    server.serve(foreign.statusList([], { issuedAt: seconds(), ttl: 30 }))
    expect(await ask()).toEqual([1, 'usable'])
    now += 29_000
    expect(await ask()).toEqual([0, 'usable'])
    now += 1_001
    expect(await ask()).toEqual([1, 'usable'])
  })

  it('are fetched again when they expire, though their ttl is longer', async () => {
    const times = { issuedAt: seconds(), ttl: 86_400 }
    server.serve(foreign.statusList([], { ...times, expires: seconds() + 10 }))
    expect(await ask()).toEqual([1, 'usable'])
    now += 10_000
    server.serve(foreign.statusList([], { ...times, expires: seconds() + 10 }))
    expect(await ask()).toEqual([1, 'usable'])
  })

  it('say nothing once they have expired and no other can be had', async () => {
    server.serve(foreign.statusList([], { issuedAt: seconds(), expires: seconds() + 10 }))
    expect(await ask()).toEqual([1, 'usable'])
    now += 10_000
    server.answerWith((_, response) => void response.writeHead(503).end())
    expect(await ask()).toEqual([1, 'status-list-unavailable'])
  })

  it('that cannot be had are not asked for again at once', async () => {
    server.answerWith((_, response) => void response.writeHead(503).end())
    expect(await ask()).toEqual([1, 'status-list-unavailable'])
    now += 4_000
    expect(await ask()).toEqual([0, 'status-list-unavailable'])
    server.serve(foreign.statusList([], { issuedAt: seconds() }))
    now += 1_001
    expect(await ask()).toEqual([1, 'usable'])
  })

  it('are of one issuer: who names the list of another neither uses nor spoils it', async () => {
    server.serve(foreign.statusList([], { issuedAt: seconds() }))
    expect(await ask(other)).toEqual([1, 'status-list-mismatch'])
    expect(await ask(foreign)).toEqual([1, 'usable'])
    expect(await ask(other)).toEqual([0, 'status-list-mismatch'])
  })

  it('are forgotten when trust changes: their key may have been stolen', async () => {
    server.serve(foreign.statusList([], { issuedAt: seconds(), ttl: 86_400 }))
    expect(await ask()).toEqual([1, 'usable'])
    const revoked = { revoked_at: seconds() - 60 }
    directory.take([foreign.keys({ ...foreign.key.jwk, revoked })], false)
    expect(await ask()).toEqual([1, 'key-compromised'])
    directory.take([foreign.keys()], false)
    expect(await ask()).toEqual([1, 'usable'])
  })

  it('are kept in bounded number', async () => {
    const uris = Array.from({ length: 80 }, (_, index) => `${server.url}/lists/${index}`)
    server.answerWith((request, response) => {
      const uri = `${server.url}${request.url}`
      response.end(foreign.statusList([], { uri, issuedAt: seconds(), ttl: 86_400 }))
    })
    for (const uri of uris) expect(await ask(foreign, uri)).toEqual([1, 'usable'])
    expect(await ask(foreign, uris[79])).toEqual([0, 'usable'])
    expect(await ask(foreign, uris[0])).toEqual([1, 'usable'])
  })
})
