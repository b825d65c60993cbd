import type { AccessRecord } from '@lexchange/contracts'
import type { Kysely } from 'kysely'
import { dayOf } from '../calendar/index.ts'
import type { AccessRecordTables } from './access-record.tables.ts'
import type { Partitions } from './create-partitions.ts'
import {
  findNew,
  insertRecords,
  keepConflicts,
  lockSources,
  markDue,
  markReceived,
} from './record-access.repository.ts'

export type RecordDeps = { db: Kysely<AccessRecordTables>; partitions: Partitions }

export type Recorded = {
  /** Those that had not come before. */
  fresh: AccessRecord[]
  repeated: number
  /** Others than the ones that came first under their number. */
  conflicting: number
}

/** Stores records, each once whatever comes again and in whatever order. docs/flows/record-access.md */
export async function recordAccess(
  { db, partitions }: RecordDeps,
  records: readonly AccessRecord[],
): Promise<Recorded> {
  if (records.length === 0) return { fresh: [], repeated: 0, conflicting: 0 }
  await partitions.ensure(records.map(({ at }) => new Date(at)))
  return db.transaction().execute(async (trx) => {
    await lockSources(trx, [...new Set(records.map(({ source }) => source))])
    const { first, again } = separate(records)
    const fresh = (await findNew(trx, first)).flatMap((place) => first[place] ?? [])
    if (fresh.length > 0) {
      await insertRecords(trx, fresh)
      await markReceived(trx, fresh)
      await markDue(trx, daysOf(fresh))
    }
    const known = new Set(fresh)
    const repeated = [...first.filter((record) => !known.has(record)), ...again]
    const conflicting = await keepConflicts(trx, repeated)
    return { fresh, repeated: repeated.length, conflicting }
  })
}

/** One delivery may hold a record twice, too. */
function separate(records: readonly AccessRecord[]) {
  const first = new Map<string, AccessRecord>()
  const again: AccessRecord[] = []
  for (const record of records) {
    const key = `${record.source} ${record.sequence}`
    if (first.has(key)) again.push(record)
    else first.set(key, record)
  }
  return { first: [...first.values()], again }
}

function daysOf(records: readonly AccessRecord[]): { department: string; day: string }[] {
  const days = new Map<string, { department: string; day: string }>()
  for (const { department, at } of records) {
    if (department === null) continue
    const day = dayOf(Date.parse(at))
    days.set(`${department} ${day}`, { department, day })
  }
  return [...days.values()]
}
