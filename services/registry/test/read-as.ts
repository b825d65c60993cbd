import { accessRecordOf } from '@lexchange/access-records'
import type { AccessRecord, AccessRow } from '@lexchange/contracts'

import type { TestRegistry } from './start-registry.ts'

/** A read, as a client with this token. */
export async function readAs(registry: TestRegistry, url: string, authorization: string) {
  const answer = await registry.app.inject({ url, headers: { authorization } })
  return { status: answer.statusCode, body: answer.json(), headers: answer.headers }
}

/** All access records that were written: chain after chain, each in its order. */
export async function writtenRecords({ db }: TestRegistry): Promise<AccessRecord[]> {
  const rows = await db
    .selectFrom('outbox')
    .select('message')
    .where('subject', 'like', 'access.%')
    .orderBy('id')
    .execute()
  const rowsOf = ({ message }: { message: string }) =>
    JSON.parse(message).data.records as AccessRow[]
  const records = rows.flatMap(rowsOf).map(accessRecordOf)
  const chains = Map.groupBy(records, ({ source }) => source)
  return [...chains.values()].flatMap((chain) => chain.sort((a, b) => a.sequence - b.sequence))
}
