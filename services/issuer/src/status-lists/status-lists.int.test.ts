import { gunzipSync } from 'node:zlib'

import { SigningUnavailableError } from '@lexchange/keys'
import { waitFor } from '@lexchange/testing'
import { compactVerify, createLocalJWKSet, decodeJwt } from 'jose'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { startIssuer, type TestIssuer } from '../../test/start-issuer.ts'
import { bytesOf, listsOf, statusIn } from '../../test/status-lists.ts'
import { checkStatusLists } from './check-status-lists.ts'
import { publishStatusList, startStatusLists } from './index.ts'
import { listDue } from './status-list.repository.ts'

const log = pino({ level: 'silent' })

let issuer: TestIssuer
let lists: ReturnType<typeof listsOf>

beforeAll(async () => {
  issuer = await startIssuer({ settings: { STATUS_LIST_LIFETIME_SECONDS: 3_600 } })
  lists = listsOf(issuer)
  await lists.keepHistory()
})
afterEach(() => {
  Object.assign(issuer.away, { now: false })
  issuer.clock.offset = 0
})
afterAll(() => issuer.stop())

const due = (listIds: string[], listId: string) => listIds.includes(listId)
const dueNow = () => {
  const time = issuer.now().getTime()
  return listDue(issuer.db, {
    at: new Date(time),
    endingBefore: new Date(time + 1_800_000),
    signedBefore: new Date(time - 1_000),
  })
}

describe('getStatusList', () => {
  it('gives a signed list to everybody, with what caches need', async () => {
    const { listId } = await lists.issued()
    const { status, headers, text } = await lists.fetch(listId)
    expect(status).toBe(200)
    expect(headers).toMatchObject({
      'content-type': 'application/statuslist+jwt',
      'cache-control': 'public, max-age=60',
      etag: expect.stringMatching(/^"[\w-]+"$/),
      vary: expect.stringMatching(/accept-encoding/i),
    })
    expect(headers).not.toHaveProperty('lexchange-stale')
    const { body } = await issuer.get('/.well-known/jwt-vc-issuer/authorities/shenzhen', {
      as: null,
    })
    const { protectedHeader } = await compactVerify(text, createLocalJWKSet(body.jwks))
    expect(protectedHeader).toMatchObject({ alg: 'ES256', typ: 'statuslist+jwt' })
    const payload = decodeJwt(text)
    expect(payload).toMatchObject({
      sub: `http://127.0.0.1:7001/status-lists/${listId}`,
      iss: body.issuer,
      ttl: 60,
      status_list: { bits: 2 },
    })
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3_600)
    expect(bytesOf(text)).toHaveLength(1_024)
  })

  it('answers 304 to who has it, and sends it compressed to who can read that', async () => {
    const { listId } = await lists.issued()
    const { headers, text } = await lists.fetch(listId)
    const etag = String(headers.etag)
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const answer = await lists.fetch(listId, { 'if-none-match': tag })
      expect([answer.status, answer.text, answer.headers.etag]).toEqual([304, '', etag])
    }
    expect((await lists.fetch(listId, { 'if-none-match': '"other"' })).status).toBe(200)
    const { rawPayload, headers: zipped } = await issuer.app.inject({
      url: `/status-lists/${listId}`,
      headers: { 'accept-encoding': 'br, gzip' },
    })
    expect(zipped['content-encoding']).toBe('gzip')
    expect(gunzipSync(rawPayload).toString()).toBe(text)
  })

  it('answers 404 for an unknown list, 400 for what is no id, 501 for a time of the past', async () => {
    const { listId } = await lists.issued()
    const answers = [
      await lists.fetch(crypto.randomUUID()),
      await lists.fetch('x'),
      await lists.fetch(`${listId}?time=1`),
    ]
    expect(answers.map(({ body }) => [body.status, body.type.split(':').at(-1)])).toEqual([
      [404, 'status-list-not-found'],
      [400, 'request-invalid'],
      [501, 'status-list-history-unsupported'],
    ])
  })
})

describe('publishStatusList', () => {
  it('says what has become of each license: valid, suspended, invalid', async () => {
    const { id, listId, index } = await lists.issued()
    const other = await lists.issued()
    const published = async () => {
      await lists.publish(listId)
      return statusIn((await lists.fetch(listId)).text, index)
    }
    expect(await published()).toBe(0)
    for (const [verb, value] of [
      ['suspend', 2],
      ['reinstate', 0],
      ['suspend', 2],
      ['revoke', 1],
    ] as const) {
      await lists.change(id, verb)
      expect(await published(), verb).toBe(value)
    }
    await lists.change(other.id, 'cancel')
    await lists.publish(listId)
    const { text } = await lists.fetch(listId)
    expect([statusIn(text, index), statusIn(text, other.index)]).toEqual([1, 1])
    expect(await checkStatusLists(issuer.signing.publishing)).toEqual([])
  })

  it('is due with a change, at most once a second, and before the token ends', async () => {
    const { id, listId } = await lists.issued()
    await lists.publish(listId)
    expect(due(await dueNow(), listId)).toBe(false)
    issuer.clock.offset += 1_500
    expect(due(await dueNow(), listId), 'nothing has changed').toBe(false)
    await lists.change(id, 'suspend')
    expect(due(await dueNow(), listId)).toBe(true)
    await lists.publish(listId)
    await lists.change(id, 'reinstate')
    expect(due(await dueNow(), listId), 'signed just now').toBe(false)
    issuer.clock.offset += 1_500
    expect(due(await dueNow(), listId)).toBe(true)
    await lists.publish(listId)
    issuer.clock.offset += 1_700_000
    expect(due(await dueNow(), listId)).toBe(false)
    issuer.clock.offset += 200_000
    expect(due(await dueNow(), listId), 'half of its life is over').toBe(true)
  })

  it('never replaces a list by an older one, whoever signs and whatever changes meanwhile', async () => {
    const replica = await issuer.replica()
    const licenses = await Promise.all(Array.from({ length: 24 }, () => lists.issued()))
    const { listId } = licenses[0] as (typeof licenses)[number]
    let changing = true
    const changes = (async () => {
      await Promise.all(
        licenses.map(async ({ id }) => {
          await lists.change(id, 'suspend')
          await lists.change(id, 'revoke')
        }),
      )
      changing = false
    })()
    const publishAlways = async (publishing: typeof issuer.signing.publishing) => {
      while (changing) await publishStatusList(publishing, listId)
    }
    const both = [issuer.signing.publishing, replica.signing.publishing]
    await Promise.all([changes, ...both.map(publishAlways), ...both.map(publishAlways)])
    await lists.publish(listId)
    const history = await lists.history(listId)
    expect(history.length).toBeGreaterThan(10)
    // Valid, suspended, revoked: a license only goes forward.
    const ranks = [0, 2, 1]
    const before = new Map<number, number>()
    for (const { token } of history)
      for (const { index } of licenses) {
        const rank = ranks[statusIn(token, index)] ?? -1
        expect(rank).toBeGreaterThanOrEqual(before.get(index) ?? 0)
        before.set(index, rank)
      }
    expect([...before.values()]).toEqual(Array(licenses.length).fill(2))
    expect(await checkStatusLists(issuer.signing.publishing)).toEqual([])
    await replica.stop()
  })
})

describe('what runs always', () => {
  it('signs changes at most once a second, and anew before the end', async () => {
    const { id, listId, index } = await lists.issued()
    await lists.publish(listId)
    const from = (await lists.history(listId)).length
    const metrics = new Registry()
    const running = startStatusLists({ ...issuer.signing.publishing, log, metrics })
    try {
      // As fast as it can be, so that each look finds a change.
      for (let verb = 'suspend'; (await lists.history(listId)).length < from + 3; ) {
        await lists.change(id, verb)
        verb = verb === 'suspend' ? 'reinstate' : 'suspend'
      }
      const signed = (await lists.history(listId)).slice(from).map(({ signed_at }) => signed_at)
      for (const [place, at] of signed.entries())
        expect(at.getTime() - (signed[place - 1]?.getTime() ?? 0)).toBeGreaterThanOrEqual(1_000)
      await lists.change(id, 'revoke')
      const last = async () => (await lists.history(listId)).at(-1)?.token ?? ''
      await waitFor(async () => statusIn(await last(), index) === 1)
      const before = await last()
      issuer.clock.offset = 1_900_000
      await waitFor(async () => (await last()) !== before)
      expect(decodeJwt(await last()).exp).toBeGreaterThan(issuer.now().getTime() / 1000 + 3_000)
    } finally {
      await running.stop()
    }
    expect(await metrics.metrics()).toMatch(/^status_list_wrong_entries 0$/m)
  })

  it('signs the other lists where one cannot be signed', async () => {
    const [one, other] = [await lists.issued('shenzhen'), await lists.issued('beijing')]
    const { publishing, keyring } = issuer.signing
    const bad = await keyring.signerOf({ id: 'shenzhen', region: '440300' })
    const sign: typeof keyring.sign = (kid, data) =>
      kid === bad
        ? Promise.reject(new SigningUnavailableError('This key is gone'))
        : keyring.sign(kid, data)
    const lengths = async () => (await lists.history(other.listId)).length
    const before = await lengths()
    // Both end, so both are due.
    issuer.clock.offset = 8_000_000
    const running = startStatusLists({
      ...{ ...publishing, keyring: { ...keyring, sign }, log },
      metrics: new Registry(),
    })
    try {
      await waitFor(async () => (await lengths()) > before)
    } finally {
      await running.stop()
    }
    expect(due(await dueNow(), one.listId)).toBe(true)
  })
})

describe('a list that cannot be signed', () => {
  it('is served as it was, and says so, never as an error', async () => {
    const { id, listId, index } = await lists.issued()
    await lists.change(id, 'revoke')
    issuer.away.now = true
    await expect(lists.publish(listId)).rejects.toThrow(SigningUnavailableError)
    const early = await lists.fetch(listId)
    expect(early.headers, 'it may be signed at any moment').not.toHaveProperty('lexchange-stale')
    issuer.clock.offset = 6_000
    const stale = await lists.fetch(listId)
    expect([stale.status, stale.headers['lexchange-stale']]).toEqual([200, 'true'])
    expect(statusIn(stale.text, index)).toBe(0)
    issuer.away.now = false
    await lists.publish(listId)
    const fresh = await lists.fetch(listId)
    expect(fresh.headers).not.toHaveProperty('lexchange-stale')
    expect(statusIn(fresh.text, index)).toBe(1)
    issuer.clock.offset += 3_600_000
    const expired = await lists.fetch(listId)
    expect([expired.status, expired.text, expired.headers['lexchange-stale']]).toEqual([
      ...[200, fresh.text, 'true'],
    ])
  })

  it('is served as it was known last while the database is away', async () => {
    const { listId } = await lists.issued()
    const replica = await issuer.replica()
    const fetch = () => replica.get(`/status-lists/${listId}`, { as: null })
    const { text } = await fetch()
    await replica.db.destroy()
    issuer.clock.offset = 10_000
    const away = await fetch()
    expect([away.status, away.text]).toEqual([200, text])
    issuer.clock.offset = 3_700_000
    expect((await fetch()).headers['lexchange-stale']).toBe('true')
    await replica.app.close()
    await replica.directory.stop()
  })
})
