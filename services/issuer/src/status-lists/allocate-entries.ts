import type { Kysely } from 'kysely'

import type { StatusEntry } from './entry.ts'
import { shuffledIndexes } from './shuffled-indexes.ts'
import { hasIndexesLeft, insertList, lockLists, takeIndexes } from './status-list.repository.ts'
import type { StatusListTables } from './status-list.tables.ts'

export type EntryPoolDeps = {
  db: Kysely<StatusListTables>
  now: () => Date
  newId: () => string
  /** Entries of a new list. */
  size?: number
  /** Signs a new list, so that none is named before it can be fetched. */
  publish: (listId: string) => Promise<void>
}

/** 2^20 entries hide a license among many; with 2 bits each the list is 256 KiB before compression. */
const SIZE = 2 ** 20
/** Indexes that a process takes at once; what it does not use when it ends is never used. */
const BLOCK = 512

export type EntryPool = ReturnType<typeof createEntryPool>

/** Gives out status entries from shuffled pools, without a lock that commands would wait for. */
export function createEntryPool({ db, now, newId, size = SIZE, publish }: EntryPoolDeps) {
  const free = new Map<string, StatusEntry[]>()

  function freeOf(authorityId: string): StatusEntry[] {
    const entries = free.get(authorityId) ?? []
    free.set(authorityId, entries)
    return entries
  }

  async function createList(authorityId: string): Promise<void> {
    const id = newId()
    const indexes = shuffledIndexes(size)
    const created = await db.transaction().execute(async (trx) => {
      await lockLists(trx, authorityId)
      if (await hasIndexesLeft(trx, authorityId)) return false
      await insertList(trx, { id, authorityId, createdAt: now() }, indexes)
      return true
    })
    if (created) await publish(id)
  }

  async function takeBlock(authorityId: string, count: number): Promise<void> {
    const block = await takeIndexes(db, authorityId, Math.max(count, BLOCK))
    if (!block) return createList(authorityId)
    const { listId, indexes } = block
    for (let offset = 0; offset < indexes.length; offset += 4)
      freeOf(authorityId).push({ listId, index: indexes.readUInt32LE(offset) })
  }

  return {
    /** So many entries that nobody else has. @throws SigningUnavailableError for a new list */
    async take(authorityId: string, count: number): Promise<StatusEntry[]> {
      const entries = freeOf(authorityId)
      while (entries.length < count) await takeBlock(authorityId, count)
      return entries.splice(0, count)
    },
    /** Takes back what was never written anywhere. */
    giveBack(authorityId: string, entries: readonly StatusEntry[]): void {
      freeOf(authorityId).push(...entries)
    },
  }
}
