import { decodeStatusList, statusAt } from '@lexchange/credentials'
import { decodeJwt } from 'jose'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { application } from '../../test/applications.ts'
import { importsOf } from '../../test/send-imports.ts'
import { startIssuer, type TestIssuer } from '../../test/start-issuer.ts'
import { checkStatusLists, publishStatusList, statusValue } from '../status-lists/index.ts'

const ROUNDS = 1_000
/** Licenses whose commands are under way at a time. */
const AT_ONCE = 6

type Replica = Awaited<ReturnType<TestIssuer['replica']>>
type Command = { verb: string; body?: object }

const RACES: [Command, Command][] = [
  [{ verb: 'renew', body: { validUntil: '2050-01-01T00:00:00Z' } }, { verb: 'revoke' }],
  [{ verb: 'suspend' }, { verb: 'amend', body: { claims: { domicile: '示例路 2 号' } } }],
  [{ verb: 'revoke' }, { verb: 'revoke' }],
]

let issuer: TestIssuer
let replica: Replica

beforeAll(async () => {
  issuer = await startIssuer()
  replica = await issuer.replica()
})
afterAll(async () => {
  await replica.stop()
  await issuer.stop()
})

async function importLicenses(): Promise<string[]> {
  const lines = Array.from({ length: ROUNDS }, () => application())
  const imports = importsOf(issuer)
  const { body } = await imports.sendLines(lines, '?type=business-license', { as: 'shenzhen' })
  await imports.work()
  expect(await imports.result(body.id, 'shenzhen')).toMatchObject({ imported: ROUNDS })
  const rows = await issuer.db.selectFrom('license').select('id').orderBy('id').execute()
  return rows.map(({ id }) => id)
}

/** Both commands at once, each at a process of its own; which begins is up to chance and to the round. */
async function race(id: string, round: number): Promise<number[]> {
  const [one, other] = RACES[round % RACES.length] as [Command, Command]
  const run = ({ verb, body }: Command, at: Pick<Replica, 'post'>) =>
    at.post(`/v1/licenses/${id}/${verb}`, { reason: verb, ...body })
  const [first, second] = round % 2 === 0 ? [issuer, replica] : [replica, issuer]
  const answers =
    Math.floor(round / 2) % 2 === 0
      ? await Promise.all([run(one, first), run(other, second)])
      : (await Promise.all([run(other, second), run(one, first)])).reverse()
  return answers.map(({ status }) => status)
}

type State = {
  id: string
  status: string
  version: number
  sequence: number
  status_index: number
  versions: { version: number; status: string; until: string | null; domicile: string }[]
  credentials: { version: number; credential: string }[]
  events: { sequence: string; version: number; status: string; event: string }[]
}

async function states(): Promise<State[]> {
  const { rows } = await sql<State>`
    select id, status, version, sequence, status_index,
      (select json_agg(json_build_object('version', version, 'status', status,
          'until', valid_until, 'domicile', claims ->> 'domicile') order by version)
        from license_version where license_id = license.id) as versions,
      (select json_agg(json_build_object('version', version, 'credential', credential)
          order by version)
        from credential where license_id = license.id and superseded_at is null) as credentials,
      (select json_agg(json_build_object('sequence', message::json ->> 'sequence',
          'version', (message::json -> 'data' ->> 'version')::integer,
          'status', message::json -> 'data' ->> 'status') order by outbox.id)
        from outbox where ordering_key = license.id::text) as events
    from license order by id`.execute(issuer.db)
  return rows
}

/** One history, one credential for each version, one status. */
function expectWhole(state: State, answers: readonly number[], round: number): void {
  const { id, versions, credentials, events } = state
  const where = `round ${round}, license ${id}, answers ${answers}`
  const numbers = Array.from({ length: state.version }, (_, index) => index + 1)
  expect(
    versions.map(({ version }) => version),
    where,
  ).toEqual(numbers)
  expect(
    credentials.map(({ version }) => version),
    where,
  ).toEqual(numbers)
  expect(
    events.map(({ sequence }) => Number(sequence)),
    where,
  ).toEqual(numbers)
  expect(state.sequence, where).toBe(state.version)
  // Each command that was answered 200 made a version, and no other did.
  expect(answers.filter((status) => status === 200).length, where).toBe(state.version - 1)
  expect(versions.at(-1)?.status, where).toBe(state.status)
  for (const [index, version] of versions.entries()) {
    const payload = decodeJwt(credentials[index]?.credential.split('~')[0] ?? '')
    expect(payload, where).toMatchObject({
      licenseId: id,
      version: version.version,
      exp: Date.parse(version.until ?? '') / 1000,
      claims: { domicile: version.domicile },
      status: { status_list: { idx: state.status_index } },
    })
    expect(events[index], where).toMatchObject({
      version: version.version,
      status: version.status,
    })
  }
}

function expectAnswers(answers: readonly number[], round: number, state: State): void {
  const expected = [
    [
      [200, 200],
      [409, 200],
    ],
    [
      [200, 200],
      [200, 409],
    ],
    [
      [200, 409],
      [409, 200],
    ],
  ][round % RACES.length]
  expect(expected, `round ${round}`).toContainEqual(answers)
  expect(state.status).toBe(round % RACES.length === 1 ? 'suspended' : 'revoked')
}

describe('commands that race on one license', () => {
  it('leave one history, one credential for each version and one status, 1,000 times', async () => {
    const ids = await importLicenses()
    const answers = new Map<string, number[]>()
    const rounds = ids.entries()
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (const [round, id] of rounds) answers.set(id, await race(id, round))
      }),
    )
    const after = await states()
    expect(after).toHaveLength(ROUNDS)
    for (const [round, state] of after.entries()) {
      const given = answers.get(state.id) ?? []
      expectWhole(state, given, round)
      expectAnswers(given, round, state)
    }
    const { rows } = await sql<{ left: string }>`
      select count(*) as left from signing_intent`.execute(issuer.db)
    expect(rows[0]?.left).toBe('0')
    await expectPublished(after)
  })
})

/** The published list says of each license what the license is. */
async function expectPublished(after: readonly State[]): Promise<void> {
  const { publishing } = issuer.signing
  const lists = await issuer.db.selectFrom('status_list').select('id').execute()
  expect(lists).toHaveLength(1)
  const listId = lists[0]?.id ?? ''
  await publishStatusList(publishing, listId)
  const { text } = await issuer.get(`/status-lists/${listId}`, { as: null })
  const { lst, bits } = decodeJwt<{ status_list: { lst: string; bits: 2 } }>(text).status_list
  const decoded = decodeStatusList(lst, bits)
  const bytes = decoded.ok ? decoded.value.bytes : new Uint8Array()
  for (const { id, status, status_index } of after)
    expect(statusAt(bytes, bits, status_index), id).toBe(statusValue(status as never))
  expect(await checkStatusLists(publishing)).toEqual([])
}
