import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { freePort, waitFor } from '@lexchange/testing'
import { decodeJwt } from 'jose'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { application, CLAIMS, SENSITIVE } from '../../test/applications.ts'
import { importsOf, row } from '../../test/send-imports.ts'
import { startIssuer, type TestIssuer } from '../../test/start-issuer.ts'
import type { IssuingStep } from './issuing-steps.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
const KILL = new URL('../../test/kill-at-step.ts', import.meta.url).href
const STEPS: IssuingStep[] = ['drafted', 'intended', 'signed', 'stored', 'committed']

/** What is started after the crash, or the replica that goes on. */
let issuer: TestIssuer
const doomed = new Set<ChildProcess>()

beforeAll(async () => {
  // Each process takes a block of entries and leaves most of it.
  issuer = await startIssuer({ statusListSize: 2 ** 14 })
  for (const as of ['shenzhen', 'national'] as const)
    expect((await issuer.post('/v1/licenses', application(), { as })).status).toBe(201)
})
afterAll(async () => {
  for (const child of doomed) child.kill('SIGKILL')
  await issuer.stop()
})

/** An issuer of the same database as a process of its own, that dies at a step. */
async function startDoomed(step: IssuingStep) {
  const { settings, database } = issuer
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const child = spawn(process.execPath, [MAIN], {
    env: {
      ...process.env,
      NODE_OPTIONS: `--import=${KILL}`,
      KILL_AT: step,
      PGAPPNAME: `doomed-${port}`,
      LOG_LEVEL: 'error',
      PORT: String(port),
      PUBLIC_URL: settings.PUBLIC_URL,
      TOKEN_ISSUER: settings.TOKEN_ISSUER,
      NATS_SERVERS: '127.0.0.1:1',
      DATABASE_URL: database.url,
      KEY_DIR: settings.KEY_DIR,
      CLAIM_KEYRING: issuer.claimKeyring.path,
      KEY_ENCRYPTION_KEY: Buffer.from(settings.KEY_ENCRYPTION_KEY).toString('base64'),
    },
    stdio: 'ignore',
  })
  doomed.add(child)
  const ended = once(child, 'exit').finally(() => doomed.delete(child))
  await waitFor(async () => !doomed.has(child) || (await fetch(`${url}/health/ready`)).ok, {
    timeout: 30_000,
  })
  return {
    /** Sends it, and sees the process die. */
    async send(path: string, body: unknown, headers: Record<string, string>) {
      const type = typeof body === 'string' ? 'application/x-ndjson' : 'application/json'
      const answer = await fetch(url + path, {
        method: 'POST',
        headers: { 'content-type': type, ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }).catch(() => undefined)
      const [code, signal] = await ended
      expect([code, signal]).toEqual([null, 'SIGKILL'])
      // PostgreSQL notices only after a moment that who held its locks is gone.
      await waitFor(() => hasLeft(`doomed-${port}`))
      return answer?.status
    },
  }
}

async function hasLeft(applicationName: string): Promise<boolean> {
  const { rows } = await sql`select from pg_stat_activity
    where application_name = ${applicationName}`.execute(issuer.db)
  return rows.length === 0
}

/** Repeats a command as its client does, until it is answered. */
async function repeat(path: string, body: unknown, key: string) {
  const send = () => issuer.post(path, body, { headers: { 'idempotency-key': key } })
  const first = await send()
  if (first.status !== 409) return { ...first, waited: false }
  expect(first.body.type).toBe('urn:lexchange:problem:request-in-progress')
  // The 20 seconds go by for which the process that died had claimed it.
  await sql`update signing_intent set claimed_until = clock_timestamp()
    where command like ${`%${key}%`}`.execute(issuer.db)
  return { ...(await send()), waited: true }
}

async function intentsOf(pattern: string) {
  const { rows } = await sql<{ id: string; version: number; signed: string; at: string }>`
    select license_id as id, version, draft ->> 'signingInput' as signed,
      license -> 'statusEntry' ->> 'index' as at
    from signing_intent where command like ${pattern} order by command`.execute(issuer.db)
  return rows
}

async function licenseOf(number: string) {
  const rows = await issuer.db
    .selectFrom('license')
    .select(['id', 'version'])
    .where('number', '=', number)
    .execute()
  return rows
}

const credentialOf = async (id: string) => (await issuer.get(`/v1/licenses/${id}/credential`)).text

/** The intent that a crash leaves, and whether the client has to wait for it. */
const LEFT: Record<IssuingStep, boolean> = {
  drafted: false,
  intended: true,
  signed: true,
  stored: true,
  committed: false,
}

async function issueOver(step: IssuingStep): Promise<void> {
  const asked = application({ claims: { ...CLAIMS, ...SENSITIVE } })
  const key = crypto.randomUUID()
  const headers = { authorization: issuer.headers.shenzhen, 'idempotency-key': key }
  const process = await startDoomed(step)
  expect(await process.send('/v1/licenses', asked, headers)).toBeUndefined()
  expect(await licenseOf(asked.holder.uscc)).toHaveLength(step === 'committed' ? 1 : 0)
  const left = await intentsOf(`%${key}%`)
  expect(left).toHaveLength(LEFT[step] ? 1 : 0)
  const { status, headers: answered, body, waited } = await repeat('/v1/licenses', asked, key)
  expect([status, waited]).toEqual([201, LEFT[step]])
  expect(answered['idempotency-replayed']).toBe(step === 'committed' ? 'true' : undefined)
  expect(await licenseOf(asked.holder.uscc)).toEqual([{ id: body.license.id, version: 1 }])
  for (const { id, signed } of left) {
    expect(body.license.id).toBe(id)
    expect(body.credential.startsWith(`${signed}.`)).toBe(true)
  }
  expect(await issuer.eventsOf(body.license.id)).toHaveLength(1)
  expect(await credentialOf(body.license.id)).toBe(body.credential)
}

async function changeOver(step: IssuingStep): Promise<void> {
  const asked = application({ claims: { ...CLAIMS, ...SENSITIVE } })
  const { id } = (await issuer.post('/v1/licenses', asked)).body.license
  const before = await credentialOf(id)
  const key = crypto.randomUUID()
  const path = `/v1/licenses/${id}/suspend`
  const change = { reason: 'crash' }
  const headers = { authorization: issuer.headers.shenzhen, 'idempotency-key': key }
  const process = await startDoomed(step)
  expect(await process.send(path, change, headers)).toBeUndefined()
  if (step !== 'committed') expect(await credentialOf(id)).toBe(before)
  const left = await intentsOf(`%${key}%`)
  expect(left).toHaveLength(LEFT[step] ? 1 : 0)
  const { status, body, waited } = await repeat(path, change, key)
  expect([status, waited]).toEqual([200, LEFT[step]])
  expect(body.license).toMatchObject({ id, version: 2, status: 'suspended' })
  const credential = await credentialOf(id)
  for (const { signed } of left) expect(credential.startsWith(`${signed}.`)).toBe(true)
  expect(decodeJwt(credential.split('~')[0] ?? '')).toMatchObject({ licenseId: id, version: 2 })
  expect(await issuer.eventsOf(id)).toHaveLength(2)
}

async function importOver(step: IssuingStep): Promise<void> {
  const imports = importsOf(issuer)
  const lines = Array.from({ length: 5 }, () => row({ claims: { ...CLAIMS, ...SENSITIVE } }))
  const process = await startDoomed(step)
  const answer = await process.send(
    '/v1/imports?type=business-license',
    lines.map((line) => JSON.stringify(line)).join('\n'),
    { authorization: issuer.headers.national },
  )
  // It may die before its 202 has left.
  expect([202, undefined]).toContain(answer)
  const left = await intentsOf('import %')
  expect(left).toHaveLength(LEFT[step] ? 5 : 0)
  await imports.work()
  const stored = (await Promise.all(lines.map(({ holder }) => licenseOf(holder.uscc)))).flat()
  expect(stored).toHaveLength(5)
  if (left.length > 0)
    expect(stored.map(({ id }) => id).sort()).toEqual(left.map(({ id }) => id).sort())
  for (const { id } of stored) expect(await issuer.eventsOf(id)).toHaveLength(1)
  const { rows } = await sql<{ state: string; imported: number; rejected: number }>`
    select state, imported, rejected from import order by created_at desc limit 1`.execute(
    issuer.db,
  )
  expect(rows).toEqual([{ state: 'done', imported: 5, rejected: 0 }])
}

describe('kill -9 while licenses are issued and changed', () => {
  it.each(STEPS)('after it is %s loses nothing and does nothing twice', async (step) => {
    await Promise.all([issueOver(step), changeOver(step)])
    await importOver(step)
  })

  it('has left every version with one credential, and every license with an entry of its own', async () => {
    const { rows } = await sql<Record<string, string>>`
      select count(*) as licenses,
        count(distinct (status_list_id, status_index)) as entries,
        (select count(*) from license_version) as versions,
        (select count(*) from credential) as credentials,
        (select count(*) from license_version join credential using (license_id, version))
          as matching,
        (select count(*) from outbox where subject not like '%.authority.keys') as events,
        (select count(*) from signing_intent) as intents
      from license`.execute(issuer.db)
    // The two of the beginning; then of each step one issued, one changed and five imported.
    const [licenses, versions] = [2 + STEPS.length * 7, 2 + STEPS.length * 8].map(String)
    expect(rows[0]).toEqual({
      ...{ licenses, entries: licenses, versions, credentials: versions },
      ...{ matching: versions, events: versions, intents: '0' },
    })
  })
})
