import { createHash } from 'node:crypto'
import { waitFor } from '@lexchange/testing'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { application } from '../../test/applications.ts'
import { startIssuer, type TestIssuer } from '../../test/start-issuer.ts'

let issuer: TestIssuer

beforeAll(async () => {
  issuer = await startIssuer()
})
afterAll(() => issuer.stop())

const issue = (body: unknown, options?: Parameters<TestIssuer['post']>[2]) =>
  issuer.post('/v1/licenses', body, options)

describe('Idempotency-Key', () => {
  const key = () => ({ headers: { 'idempotency-key': crypto.randomUUID() } })

  it('gives the first answer again, and does nothing twice', async () => {
    const asked = application()
    const options = key()
    const first = await issue(asked, options)
    const before = await issuer.countRows()
    const second = await issue(asked, options)
    expect(second.status).toBe(201)
    expect(second.body).toEqual(first.body)
    expect(second.headers['idempotency-replayed']).toBe('true')
    expect(second.headers.location).toBe(first.headers.location)
    expect(second.headers.etag).toBe('"1"')
    expect(await issuer.countRows()).toEqual(before)
  })

  it('keeps no hash of the claims that somebody without the key could compare guesses with', async () => {
    const asked = application()
    const { headers } = key()
    await issue(asked, { headers })
    const { request_hash } = await issuer.db
      .selectFrom('idempotency_key')
      .select('request_hash')
      .where('key', '=', headers['idempotency-key'])
      .executeTakeFirstOrThrow()
    const guess = createHash('sha256')
      .update(JSON.stringify([asked, null]))
      .digest('base64url')
    expect(request_hash).toHaveLength(guess.length)
    expect(request_hash).not.toBe(guess)
  })

  it('refuses another body with the same key', async () => {
    const options = key()
    await issue(application(), options)
    const { body } = await issue(application(), options)
    expect(body).toMatchObject({
      status: 422,
      type: 'urn:lexchange:problem:idempotency-key-reused',
    })
  })

  it('gives a refusal again', async () => {
    const asked = application({ region: '110000' })
    const options = key()
    const first = await issue(asked, options)
    const second = await issue(asked, options)
    expect(second.body).toEqual(first.body)
    expect(second.status).toBe(422)
    expect(second.headers['content-type']).toMatch(/problem\+json/)
    expect(second.headers['idempotency-replayed']).toBe('true')
  })

  it('answers 409 while the first is running, then its answer', async () => {
    const asked = application()
    const options = key()
    const number = `${asked.type} ${asked.holder.uscc}`
    const blocking = await issuer.db.startTransaction().execute()
    await sql`select pg_advisory_xact_lock(hashtextextended(${number}, 1))`.execute(blocking)
    const first = issue(asked, options)
    await waitFor(async () => {
      const { rows } = await sql`select 1 from pg_locks where not granted`.execute(issuer.db)
      return rows.length > 0
    })
    const second = await issue(asked, options)
    expect(second.body).toMatchObject({
      status: 409,
      type: 'urn:lexchange:problem:request-in-progress',
    })
    expect(second.headers['retry-after']).toBe('1')
    await blocking.commit().execute()
    expect((await first).status).toBe(201)
    expect((await issue(asked, options)).body).toEqual((await first).body)
  })
})
