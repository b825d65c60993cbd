import { waitFor } from '@lexchange/testing'
import { jetstream } from '@nats-io/jetstream'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { createSource, publishRecords } from '../../test/records.ts'
import { startOversight, type TestOversight } from '../../test/start-oversight.ts'

let oversight: TestOversight

beforeAll(async () => {
  oversight = await startOversight()
})
afterAll(() => oversight.stop())

const count = async (source: string) =>
  Number(
    (
      await oversight.db
        .selectFrom('access_record')
        .select(sql<string>`count(*)`.as('count'))
        .where('source', '=', source)
        .executeTakeFirstOrThrow()
    ).count,
  )

const kept = (source: string, expected: number) =>
  waitFor(async () => (await count(source)) === expected)

/** Waits until everything that was published has been taken. */
async function settled(): Promise<void> {
  await waitFor(async () => {
    const consumer = await jetstream(oversight.nats).consumers.get('ACCESS', 'oversight-access')
    const { num_pending, num_ack_pending } = await consumer.info()
    return num_pending === 0 && num_ack_pending === 0
  })
}

describe('recordAccess', () => {
  it('keeps each record once, whatever comes again and in whatever order', async () => {
    const source = createSource()
    const records = source.records(60)
    await publishRecords(oversight.nats, records.slice(40))
    await publishRecords(oversight.nats, records.slice(10, 50))
    await publishRecords(oversight.nats, records.slice(0, 20), 1)
    await publishRecords(oversight.nats, records)
    await settled()
    await kept(source.source, 60)
    const { rows } = await sql<{ received: string }>`
      select received::text from access_source where source = ${source.source}`.execute(
      oversight.db,
    )
    expect(rows).toEqual([{ received: '{[1,61)}' }])
  })

  it('keeps beside what claims a number that is taken by another record', async () => {
    const [source, forger] = [createSource(), createSource()]
    await publishRecords(oversight.nats, source.records(2))
    await publishRecords(
      oversight.nats,
      forger
        .records(2, () => ({ client: 'another' }))
        .map((r) => ({ ...r, source: source.source })),
    )
    await settled()
    expect(await count(source.source)).toBe(2)
    const conflicts = await oversight.db
      .selectFrom('access_conflict')
      .select('sequence')
      .where('source', '=', source.source)
      .execute()
    expect(conflicts).toHaveLength(2)
  })

  it('puts records of other months into partitions of theirs, and of no month into the default one', async () => {
    const source = createSource()
    await publishRecords(oversight.nats, [
      source.record({ at: '2026-03-31T23:59:59.999Z' }),
      source.record({ at: '2026-04-01T00:00:00.000Z' }),
      source.record({ at: '1999-01-01T00:00:00.000Z' }),
    ])
    await kept(source.source, 3)
    const { rows } = await sql<{ table: string }>`
      select tableoid::regclass::text as table from access_record
      where source = ${source.source} order by sequence`.execute(oversight.db)
    expect(rows.map(({ table }) => table)).toEqual([
      'access_record_2026_03',
      'access_record_2026_04',
      'access_record_default',
    ])
  })

  it('parks a message that is no record, and goes on', async () => {
    const source = createSource()
    await jetstream(oversight.nats).publish('access.440300.tax', '{"type":"nonsense"}')
    await publishRecords(oversight.nats, [source.record({ caseRef: 'with \0 and \ud800' })])
    await kept(source.source, 1)
    const { body } = await oversight.get('/v1/parked-events')
    expect(body.items).toMatchObject([{ consumer: 'oversight-access', reason: 'event-unknown' }])
  })
})
