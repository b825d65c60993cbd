import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { application } from '../../test/applications.ts'
import { importsOf, row } from '../../test/send-imports.ts'
import { startIssuer, type TestIssuer } from '../../test/start-issuer.ts'
import { listsOf } from '../../test/status-lists.ts'
import { type EntryPool, type StatusEntry, statusListUri } from './index.ts'

/** Less than a process takes at once, so that it takes a whole list. */
const SIZE = 64

let issuer: TestIssuer

beforeAll(async () => {
  issuer = await startIssuer({ statusListSize: SIZE })
})
afterAll(() => issuer.stop())

const namesOf = (entries: readonly StatusEntry[]) =>
  entries.map(({ listId, index }) => `${listId} ${index}`)

/** How many neighbours in order of issuing are neighbours in a list. */
const neighbours = (indexes: readonly number[]) =>
  indexes.filter((each, place) => place > 0 && Math.abs(each - (indexes[place - 1] ?? 0)) === 1)
    .length

async function lists(authorityId: string) {
  return issuer.db
    .selectFrom('status_list')
    .select(['id', 'taken', 'size'])
    .where('authority_id', '=', authorityId)
    .execute()
}

describe('status entries', () => {
  it('are of one license each, also when a list is full and another is begun', async () => {
    const imports = importsOf(issuer)
    const lines = Array.from({ length: 2 * SIZE + 10 }, () => row())
    expect(await imports.imported(lines)).toMatchObject({ imported: lines.length, rejected: 0 })
    const rows = await issuer.db
      .selectFrom('license')
      .select(['status_list_id', 'status_index'])
      .where('authority_id', '=', 'national')
      .execute()
    const names = rows.map(
      ({ status_list_id, status_index }) => `${status_list_id} ${status_index}`,
    )
    expect(new Set(names).size).toBe(lines.length)
    for (const { status_index } of rows) {
      expect(status_index).toBeGreaterThanOrEqual(0)
      expect(status_index).toBeLessThan(SIZE)
    }
    expect((await lists('national')).length).toBeGreaterThanOrEqual(3)
  })

  it('tell neither order nor count: they come shuffled', async () => {
    const { entries } = (await issuer.replica()).signing
    const taken = await entries.take('beijing', SIZE)
    const indexes = taken.map(({ index }) => index)
    expect(indexes.toSorted((one, other) => one - other)).toEqual([...Array(SIZE).keys()])
    // 2 are to be expected; that 20 come by chance is beyond hope.
    expect(neighbours(indexes)).toBeLessThan(20)
  })

  it('are never given to another where a process ended with some, and are given back by one that lives', async () => {
    const ended = await issuer.replica()
    const held = await ended.signing.entries.take('shenzhen', 5)
    await ended.stop()
    const living = await issuer.replica()
    const { entries } = living.signing
    const rest = await entries.take('shenzhen', 3 * SIZE)
    expect(namesOf(rest)).not.toEqual(expect.arrayContaining(namesOf(held).slice(0, 1)))
    expect(new Set([...namesOf(rest), ...namesOf(held)]).size).toBe(rest.length + 5)
    const back = await entries.take('shenzhen', 1)
    entries.giveBack('shenzhen', back)
    let again = await entries.take('shenzhen', 1)
    for (let time = 0; time < SIZE && namesOf(again)[0] !== namesOf(back)[0]; time++)
      again = await entries.take('shenzhen', 1)
    expect(again).toEqual(back)
    await living.stop()
  })

  it('of a refused license are used for the next one', async () => {
    const { issued, entryOf } = listsOf(issuer)
    const asked = application()
    const first = await issuer.post('/v1/licenses', asked)
    const takenBefore = (await lists('shenzhen')).reduce((sum, { taken }) => sum + taken, 0)
    for (let time = 0; time < SIZE + 1; time++)
      expect((await issuer.post('/v1/licenses', asked)).status).toBe(409)
    expect((await lists('shenzhen')).reduce((sum, { taken }) => sum + taken, 0)).toBe(takenBefore)
    expect(await entryOf(first.body.license.id)).not.toEqual(await entryOf((await issued()).id))
  })

  it('stand in a list that can be fetched before it is named', async () => {
    const { issued } = listsOf(issuer)
    const seen = new Set<string>()
    while (seen.size < 3) {
      const { listId } = await issued('beijing')
      if (seen.has(listId)) continue
      seen.add(listId)
      const { status, text } = await issuer.get(`/status-lists/${listId}`, { as: null })
      expect(status).toBe(200)
      const payload = JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString())
      expect(payload.sub).toBe(statusListUri('http://127.0.0.1:7001', listId))
    }
  })
})

describe('blocks of entries of one list', () => {
  it('are taken by processes without a lock of theirs, and none twice', async () => {
    const many = await startIssuer({ statusListSize: 1_600 })
    const replicas = await Promise.all([many.replica(), many.replica(), many.replica()])
    const take = async (entries: EntryPool) => {
      const taken: StatusEntry[] = []
      for (let time = 0; time < 30; time++) taken.push(...(await entries.take('shenzhen', 70)))
      return taken
    }
    const taken = (await Promise.all(replicas.map(({ signing }) => take(signing.entries)))).flat()
    expect(taken).toHaveLength(3 * 30 * 70)
    expect(new Set(namesOf(taken)).size).toBe(taken.length)
    for (const { stop } of [...replicas, many]) await stop()
  })
})
