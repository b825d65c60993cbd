import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

import { completeJws, draftStatusListToken, encodeStatusList } from '@lexchange/credentials'
import { waitFor } from '@lexchange/testing'
import { sql } from 'kysely'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { startIssuer, type TestIssuer } from '../../test/start-issuer.ts'
import { bytesOf, listsOf } from '../../test/status-lists.ts'
import { checkStatusLists } from './check-status-lists.ts'
import { startStatusLists } from './index.ts'

const BASE = 'http://127.0.0.1:7001'

let issuer: TestIssuer
let lists: ReturnType<typeof listsOf>
let license: Awaited<ReturnType<ReturnType<typeof listsOf>['issued']>>

beforeAll(async () => {
  issuer = await startIssuer({ settings: { STATUS_CHECK_SECONDS: 1 } })
  lists = listsOf(issuer)
})
beforeEach(async () => {
  issuer.clock.offset = 0
  license = await lists.issued()
  await lists.publish(license.listId)
})
afterAll(() => issuer.stop())

const check = () => checkStatusLists(issuer.signing.publishing)

/** As if something had gone wrong while it was signed. */
async function publishChanged(listId: string, change: (bytes: Uint8Array) => Uint8Array) {
  const { token } = await issuer.db
    .selectFrom('status_list_token')
    .select('token')
    .where('list_id', '=', listId)
    .executeTakeFirstOrThrow()
  const draft = draftStatusListToken({
    uri: `${BASE}/status-lists/${listId}`,
    kid: 'any',
    issuedAt: issuer.now(),
    expires: new Date(issuer.now().getTime() + 3_600_000),
    ttl: 60,
    bits: 2,
    lst: encodeStatusList(change(bytesOf(token)), 2),
  })
  await storeToken(listId, completeJws(draft, new Uint8Array(64)))
}

const storeToken = (listId: string, token: string) =>
  sql`update status_list_token set token = ${token} where list_id = ${listId}`.execute(issuer.db)

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  return bytes.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
}

describe('checkStatusLists', () => {
  it('finds nothing where all is right, also while changes wait to be signed', async () => {
    expect(await check()).toEqual([])
    await lists.change(license.id, 'suspend')
    expect(await check()).toEqual([])
    await lists.publish(license.listId)
    expect(await check()).toEqual([])
  })

  it('finds a single bit that is wrong, wherever it is', async () => {
    const { listId, index } = license
    const bits = [0, 1, 2 * index, 2 * index + 1, 4_095, 8_191]
    for (const bit of bits) {
      await publishChanged(listId, (bytes) => flipped(bytes, bit))
      expect(await check()).toEqual([
        {
          ...{ listId, fault: 'wrong', index: bit >> 1, expected: 0 },
          published: 1 << (bit & 1),
        },
      ])
      await lists.publish(listId)
    }
    await lists.change(license.id, 'revoke')
    await lists.publish(listId)
    await publishChanged(listId, (bytes) => flipped(bytes, 2 * index))
    expect(await check()).toEqual([{ listId, fault: 'wrong', index, published: 0, expected: 1 }])
    await lists.publish(listId)
  })

  it('finds a change that nobody noted', async () => {
    const { listId, index } = license
    await lists.change(license.id, 'revoke')
    await sql`delete from status_change`.execute(issuer.db)
    expect(await check()).toEqual([{ listId, fault: 'wrong', index, published: 0, expected: 1 }])
    await lists.publish(listId)
  })

  it('finds a change that waits for too long', async () => {
    const { listId, index } = license
    await lists.change(license.id, 'revoke')
    issuer.clock.offset = 61_000
    expect(await check()).toEqual([{ listId, fault: 'late', index }])
    await lists.publish(listId)
    expect(await check()).toEqual([])
  })

  it('finds a list that is not published, not readable or too short', async () => {
    const { listId } = license
    await publishChanged(listId, (bytes) => bytes.subarray(1))
    expect(await check()).toEqual([{ listId, fault: 'unreadable' }])
    await storeToken(listId, 'a.b.c')
    expect(await check()).toEqual([{ listId, fault: 'unreadable' }])
    await sql`delete from status_list_token where list_id = ${listId}`.execute(issuer.db)
    expect(await check()).toEqual([{ listId, fault: 'missing' }])
    await lists.publish(listId)
  })

  it('lets a new list wait for its first token, but not for long', async () => {
    const listId = crypto.randomUUID()
    await sql`with list as (
        insert into status_list (id, authority_id, size, taken, created_at)
        values (${listId}, 'shenzhen', 4096, 4096, now()) returning id)
      insert into status_change (list_id) select id from list`.execute(issuer.db)
    expect(await check()).toEqual([])
    issuer.clock.offset = 61_000
    expect(await check()).toEqual([{ listId, fault: 'missing' }])
    await lists.publish(listId)
    expect(await check()).toEqual([])
  })

  it('runs always, and raises an alarm and a metric', async () => {
    const { listId, index } = license
    await publishChanged(listId, (bytes) => flipped(bytes, 2 * index))
    const lines: { level: number; msg: string; listId: string }[] = []
    const log = pino({ level: 'error' }, { write: (line) => void lines.push(JSON.parse(line)) })
    const metrics = new Registry()
    const running = startStatusLists({ ...issuer.signing.publishing, log, metrics })
    const shows = async (pattern: RegExp) => pattern.test(await metrics.metrics())
    try {
      await waitFor(() => shows(/^status_list_wrong_entries 1$/m))
      expect(lines[0]).toMatchObject({ listId, index, fault: 'wrong', level: 50 })
      await lists.publish(listId)
      await waitFor(() => shows(/^status_list_wrong_entries 0$/m))
    } finally {
      await running.stop()
    }
  })
})

describe('the command that checks', () => {
  const MAIN = fileURLToPath(new URL('check-main.ts', import.meta.url))

  async function run(databaseUrl = issuer.database.url) {
    const env = {
      ...process.env,
      DATABASE_URL: databaseUrl,
      PORT: '7001',
      PUBLIC_URL: BASE,
      TOKEN_ISSUER: 'http://127.0.0.1:7002',
      NATS_SERVERS: '127.0.0.1:4222',
      KEY_DIR: '/nowhere',
      KEY_ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
    }
    const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    const [out, err, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit'),
    ])
    return { code, out, err }
  }

  it('exits with 0 where all is right, 1 where not, 2 where it could not look', async () => {
    const good = await run()
    expect(good).toMatchObject({ code: 0, out: 'every status list is right\n' })
    const { listId, index } = license
    await publishChanged(listId, (bytes) => flipped(bytes, 2 * index + 1))
    const bad = await run()
    expect(bad.code).toBe(1)
    expect(JSON.parse(bad.out.split('\n')[0] ?? '')).toMatchObject({
      ...{ listId, index, fault: 'wrong', published: 2, expected: 0 },
    })
    await lists.publish(listId)
    const away = await run('postgres://x:y@127.0.0.1:1/none')
    expect([away.code, away.err]).toEqual([2, expect.stringContaining('Could not compare')])
  })
})
