import {
  decodeStatusList,
  packStatuses,
  readStatusListToken,
  statusAt,
} from '@lexchange/credentials'
import type { LicenseStatus } from '@lexchange/license'
import { decodeJwt } from 'jose'
import type { Kysely, Transaction } from 'kysely'

import { STATUS_BITS, statusListUri, statusValue } from './entry.ts'
import { findList, findToken, listIds, listPending, listSet } from './status-list.repository.ts'
import type { StatusListTables } from './status-list.tables.ts'

export type StatusFault = {
  listId: string
  /** Not published, not readable, other than the license, or lacking a change for too long. */
  fault: 'missing' | 'unreadable' | 'wrong' | 'late'
  index?: number
  published?: number
  expected?: number
}

export type StatusCheckDeps = {
  db: Kysely<StatusListTables>
  publicUrl: string
  now: () => Date
}

/** Longer than a change may wait for its token, in ms. */
const LATE = 60_000

/**
 * Compares every entry of every published list with its license. What a token does not have yet is no
 * fault, as long as it waits to be signed. docs/flows/check-status-lists.md
 */
export async function checkStatusLists(deps: StatusCheckDeps): Promise<StatusFault[]> {
  const faults: StatusFault[] = []
  for (const id of await listIds(deps.db)) faults.push(...(await checkList(deps, id)))
  return faults
}

function checkList({ db, publicUrl, now }: StatusCheckDeps, listId: string) {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (trx): Promise<StatusFault[]> => {
      const list = await findList(trx, listId)
      const published = await findToken(trx, listId)
      const pending = await listPending(trx, listId)
      const late = pending.filter(({ created_at }) => now().getTime() - created_at.getTime() > LATE)
      // A new one waits for its first token, too.
      if (!published && pending.length > 0 && late.length === 0) return []
      if (!list || !published) return [{ listId, fault: 'missing' }]
      const bytes = bytesOf(published.token, statusListUri(publicUrl, listId))
      if (!bytes || bytes.length !== (list.size * STATUS_BITS) / 8)
        return [{ listId, fault: 'unreadable' }]
      const waiting = new Set(pending.map(({ index }) => index))
      const wrong = (await differences(trx, list, bytes)).filter(({ index }) => !waiting.has(index))
      return [
        ...wrong.map((difference) => ({ listId, fault: 'wrong' as const, ...difference })),
        ...late.map(({ index }) => ({ listId, fault: 'late' as const, index: index ?? -1 })),
      ]
    })
}

/** The list as whoever fetches it reads it. */
function bytesOf(token: string, uri: string): Uint8Array | undefined {
  const read = readStatusListToken(token)
  if (!read.ok || read.value.uri !== uri) return undefined
  const { lst, bits } = decodeJwt<{ status_list: { lst: string; bits: 2 } }>(token).status_list
  const list = decodeStatusList(lst, bits)
  return list.ok ? list.value.bytes : undefined
}

async function differences(
  trx: Transaction<StatusListTables>,
  { id, size }: { id: string; size: number },
  published: Uint8Array,
) {
  const set = await listSet(trx, id)
  const values = set.map(
    ({ index, status }) => [index, statusValue(status as LicenseStatus)] as const,
  )
  const expected = packStatuses(size, STATUS_BITS, values)
  if (Buffer.compare(expected, published) === 0) return []
  const perByte = 8 / STATUS_BITS
  return [...expected.keys()]
    .filter((place) => expected[place] !== published[place])
    .flatMap((place) => Array.from({ length: perByte }, (_, entry) => place * perByte + entry))
    .map((index) => ({
      index,
      published: statusAt(published, STATUS_BITS, index),
      expected: statusAt(expected, STATUS_BITS, index),
    }))
    .filter((entry) => entry.published !== entry.expected)
}
