import { createDatabase } from '@lexchange/postgres'
import { createTestDatabase, type TestDatabase } from '@lexchange/testing'
import type { Kysely } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { findEntry } from '../directory/index.ts'
import type { OAuthTables } from './oauth.tables.ts'
import { maintainSigningKeys, rotateSigningKey } from './rotate-signing-key.ts'
import { openKey } from './seal-key.ts'
import { signingKeyAt } from './signing.ts'
import { listKeys } from './signing-key.repository.ts'

const START = Date.parse('2026-11-24T00:00:00.000Z')
const MINUTE = 60_000
const DAY = 1440 * MINUTE
const policy = {
  issuer: 'http://127.0.0.1:7002',
  encryptionKey: new Uint8Array(32).fill(7),
  rotationMs: 30 * DAY,
  overlapMs: MINUTE,
}
let database: TestDatabase
let db: Kysely<OAuthTables>

beforeAll(async () => {
  const migrations = new URL('../../migrations', import.meta.url).pathname
  database = await createTestDatabase({ migrations })
  db = createDatabase<OAuthTables>({ connectionString: database.url })
})
afterAll(async () => {
  await db.destroy()
  await database.drop()
})

const maintain = (ms: number) =>
  db.transaction().execute((trx) => maintainSigningKeys(trx, policy, new Date(START + ms)))
const signs = async (ms: number) => signingKeyAt(await listKeys(db), new Date(START + ms))?.kid
const directory = async () => {
  const entry = await findEntry(db, 'key', 'oauth')
  return { revision: entry?.revision, kids: entry?.data.jwks.keys.map(({ kid }) => kid) }
}

describe('rotateSigningKey', () => {
  it('makes one first key, whichever of several replicas comes first', async () => {
    await Promise.all([maintain(0), maintain(0), maintain(0)])
    const keys = await listKeys(db)
    expect(keys).toHaveLength(1)
    expect(await signs(1)).toBe(keys[0]?.kid)
    expect(await directory()).toEqual({ revision: 1, kids: [keys[0]?.kid] })
    await expect(openKey(policy.encryptionKey, keys[0] as never)).resolves.toMatchObject({
      kty: 'EC',
      d: expect.any(String),
    })
    await expect(openKey(new Uint8Array(32), keys[0] as never)).rejects.toThrow()
  })

  it('publishes the next key a while before it signs, and the last one after', async () => {
    const first = await signs(1)
    await maintain(30 * DAY - 1)
    expect(await listKeys(db)).toHaveLength(1)
    await maintain(30 * DAY)
    const second = (await listKeys(db)).at(-1)?.kid
    expect(await directory()).toEqual({ revision: 2, kids: [first, second] })
    expect(await signs(30 * DAY + MINUTE - 1)).toBe(first)
    expect(await signs(30 * DAY + MINUTE)).toBe(second)
    await maintain(30 * DAY + 15 * MINUTE)
    expect((await directory()).revision).toBe(2)
    await maintain(30 * DAY + 17 * MINUTE)
    expect(await directory()).toEqual({ revision: 3, kids: [second] })
    expect(await listKeys(db)).toHaveLength(1)
  })

  it('rotates by hand, and not again before the new key signs', async () => {
    const at = 31 * DAY
    const rotate = (ms: number) =>
      db
        .transaction()
        .execute((trx) => rotateSigningKey(trx, policy, 'admin', new Date(START + ms)))
    const key = await rotate(at)
    expect(key.activeFrom).toEqual(new Date(START + at + MINUTE))
    await expect(rotate(at + 1)).rejects.toMatchObject({ code: 'key-rotation-pending' })
    await expect(rotate(at + MINUTE)).resolves.toBeDefined()
  })
})
