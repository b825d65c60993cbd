import type { AccessRecord } from '@lexchange/contracts'

import type { TestRegistry } from './start-registry.ts'

/** A read, as a client with this token. */
export async function readAs(registry: TestRegistry, url: string, authorization: string) {
  const answer = await registry.app.inject({ url, headers: { authorization } })
  return { status: answer.statusCode, body: answer.json(), headers: answer.headers }
}

/** All access records that were written, in the order of the chain. */
export async function writtenRecords({ db }: TestRegistry): Promise<AccessRecord[]> {
  const rows = await db
    .selectFrom('outbox')
    .select('message')
    .where('subject', 'like', 'access.%')
    .execute()
  return rows
    .flatMap(({ message }) => JSON.parse(message).data.records as AccessRecord[])
    .sort((one, other) => one.sequence - other.sequence)
}
