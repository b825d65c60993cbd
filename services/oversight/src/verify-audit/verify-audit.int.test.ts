import { chainRecord, EMPTY_CHAIN } from '@lexchange/access-records'
import type { AccessRecord } from '@lexchange/contracts'
import { createDatabase } from '@lexchange/postgres'
import { createTestDatabase, type TestDatabase } from '@lexchange/testing'
import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { createSource } from '../../test/records.ts'
import { type AccessRecordTables, createPartitions, recordAccess } from '../access-records/index.ts'
import type { Anchor } from './fault.ts'
import { verifyAudit } from './verify-audit.ts'

const MIGRATIONS = new URL('../../migrations', import.meta.url).pathname
let database: TestDatabase
let db: Kysely<AccessRecordTables>
let records: AccessRecord[]
let anchors: Anchor[]

const anchor = ({ source, sequence, hash, at }: AccessRecord) => ({ source, sequence, hash, at })

beforeAll(async () => {
  database = await createTestDatabase({ migrations: MIGRATIONS })
  db = createDatabase<AccessRecordTables>({ connectionString: database.url })
})
beforeEach(async () => {
  await sql`truncate access_record, access_source, access_conflict`.execute(db)
  records = createSource('verification-a-0').records(30, (place) => ({
    at: new Date(Date.UTC(2026, 9, 20 + place)).toISOString(),
    caseRef: `case ${place} \0`,
  }))
  await recordAccess({ db, partitions: createPartitions(db) }, records)
  await recordAccess(
    { db, partitions: createPartitions(db) },
    createSource('registry-b').records(3),
  )
  anchors = [records[9], records[29]].map((record) => anchor(record as AccessRecord))
})
afterAll(async () => {
  await db.destroy()
  await database.drop()
})

const faultsOf = async () => (await verifyAudit(db, anchors)).faults
const forget = () => sql`delete from access_source`.execute(db)

describe('verifyAudit', () => {
  it('finds nothing where nothing was touched, and says what is not anchored yet', async () => {
    const report = await verifyAudit(db, anchors)
    expect(report).toMatchObject({ sources: 2, records: 33, faults: [] })
    expect(report.notices).toEqual([{ source: 'registry-b', sequence: 3, notice: 'not-anchored' }])
  })

  it('finds a row that was deleted, even if the table of sources was as well', async () => {
    await db
      .deleteFrom('access_record')
      .where('hash', '=', records[4]?.hash ?? '')
      .execute()
    expect(await faultsOf()).toMatchObject([{ sequence: 5, fault: 'missing' }])
    await forget()
    expect(await faultsOf()).toMatchObject([{ sequence: 5, fault: 'missing' }])
  })

  it('finds a column that was changed, and a record that was', async () => {
    const hash = records[4]?.hash ?? ''
    await db
      .updateTable('access_record')
      .set({ client: 'nobody' })
      .where('hash', '=', hash)
      .execute()
    expect(await faultsOf()).toMatchObject([
      { sequence: 5, fault: 'columns-differ', detail: 'client' },
    ])
    const record = JSON.stringify({ ...records[4], client: 'nobody' })
    await db.updateTable('access_record').set({ record }).where('hash', '=', hash).execute()
    expect(await faultsOf()).toMatchObject([{ sequence: 5, fault: 'changed' }])
  })

  it('finds a tail that was cut, by what came and by the anchor alone', async () => {
    await db.deleteFrom('access_record').where('sequence', '>', '27').execute()
    const missing = [{ sequence: 28, fault: 'missing', detail: '3 of them' }]
    expect(await faultsOf()).toMatchObject(missing)
    await forget()
    const { faults } = await verifyAudit(db, anchors, new Date('2027-01-01T00:00:00.000Z'))
    expect(faults).toMatchObject(missing)
  })

  it('finds a chain that was written anew with hashes that fit', async () => {
    await db.deleteFrom('access_record').where('source', '=', 'verification-a-0').execute()
    await db.deleteFrom('access_source').where('source', '=', 'verification-a-0').execute()
    let head = EMPTY_CHAIN
    const forged = records.map(({ source, sequence: _s, previous: _p, hash: _h, ...draft }) => {
      const record = chainRecord(source, head, { ...draft, client: 'nobody' })
      head = { sequence: record.sequence, hash: record.hash }
      return record
    })
    await recordAccess({ db, partitions: createPartitions(db) }, forged)
    expect(await faultsOf()).toMatchObject([
      { sequence: 10, fault: 'rewritten' },
      { sequence: 30, fault: 'rewritten' },
    ])
  })

  it('finds a whole source that was deleted', async () => {
    await db.deleteFrom('access_record').where('source', '=', 'verification-a-0').execute()
    await db.deleteFrom('access_source').where('source', '=', 'verification-a-0').execute()
    const { faults } = await verifyAudit(db, anchors, new Date('2027-01-01T00:00:00.000Z'))
    expect(faults).toMatchObject([{ source: 'verification-a-0', sequence: 1, fault: 'missing' }])
  })

  it('calls pending what the registry has just heard of', async () => {
    anchors.push({
      source: 'verification-c-0',
      sequence: 2,
      hash: 'x',
      at: new Date().toISOString(),
    })
    const report = await verifyAudit(db, anchors)
    expect(report.faults).toEqual([])
    expect(report.notices).toContainEqual({
      ...{ source: 'verification-c-0', sequence: 1, notice: 'pending' },
    })
  })
})
