import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'

import type { Kysely } from 'kysely'

import { findToken, type StatusListToken } from './status-list.repository.ts'
import type { StatusListTables } from './status-list.tables.ts'

export type PublishedStatusList = {
  token: string
  gzipped: Buffer
  etag: string
  /** It lacks a change that should be in it by now, or has expired: signing is impossible. */
  stale: boolean
}

type Kept = PublishedStatusList &
  Pick<StatusListToken, 'expiresAt'> & {
    lackingSince: Date | null
    readAt: number
  }

/** Within this time what was read is not read again, in ms. */
const FRESH = 500
/** A change that waits for longer is one that cannot be signed, in ms. */
const OVERDUE = 5_000
const KEPT_LISTS = 1_000

/** Makes the function that gives a list as it is published; while the database is away the last one known. */
export function createStatusListReader(db: Kysely<StatusListTables>, now: () => Date) {
  const kept = new Map<string, Kept>()

  async function read(listId: string): Promise<Kept | undefined> {
    const known = kept.get(listId)
    const time = now().getTime()
    // A clock that was set back must not make it fresh for as long.
    if (known && Math.abs(time - known.readAt) < FRESH) return known
    const found = await findToken(db, listId).catch((error: unknown) => {
      if (known) return known
      throw error
    })
    if (!found) return undefined
    const same = known?.token === found.token ? known : encode(found.token)
    const entry = { ...same, ...found, readAt: time, stale: false }
    kept.delete(listId)
    kept.set(listId, entry)
    // Oldest first: a Map keeps the order of insertion.
    if (kept.size > KEPT_LISTS) kept.delete(kept.keys().next().value ?? '')
    return entry
  }

  return async (listId: string): Promise<PublishedStatusList | undefined> => {
    const list = await read(listId)
    if (!list) return undefined
    const time = now().getTime()
    const lacking = list.lackingSince !== null && time - list.lackingSince.getTime() > OVERDUE
    return { ...list, stale: lacking || list.expiresAt.getTime() <= time }
  }
}

function encode(token: string): Pick<PublishedStatusList, 'token' | 'gzipped' | 'etag'> {
  const digest = createHash('sha256').update(token).digest('base64url')
  return { token, gzipped: gzipSync(token), etag: `"${digest}"` }
}
