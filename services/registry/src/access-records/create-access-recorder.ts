import {
  type AccessDraft,
  AccessRecordNotDurableError,
  type ChainHead,
  chainRecord,
  createGroupCommit,
  EMPTY_CHAIN,
} from '@lexchange/access-records'
import type { AccessRecord } from '@lexchange/contracts'
import { createPulse } from '@lexchange/events'
import { appendToOutbox } from '@lexchange/postgres'
import type { Kysely, Transaction } from 'kysely'
import type { Logger } from 'pino'
import { v4 } from 'uuid'

import { headEvent, recordEvents } from './access-record.events.ts'
import type { AccessRecordTables } from './access-record.tables.ts'

export type AccessRecorderOptions = {
  db: Kysely<AccessRecordTables>
  log: Logger
  now: () => Date
  /** How often the head of a chain that has grown is published, in ms. */
  headInterval?: number
}

export type AccessRecorder = {
  /** Resolves when the records are durable. @throws AccessRecordNotDurableError */
  record(drafts: readonly AccessDraft[]): Promise<void>
  /** Writes what waits, and where the chain stands. */
  stop(): Promise<void>
}

type Chain = { source: string; head: ChainHead; published: number }

const newChain = (): Chain => ({ source: `registry-${v4()}`, head: EMPTY_CHAIN, published: 0 })

/**
 * Records who reads licenses of this process, in one hash chain, before the answer leaves. The outbox
 * is the disk: requests that come together share one transaction.
 */
export function createAccessRecorder(options: AccessRecorderOptions): AccessRecorder {
  const { db, log, now, headInterval = 60_000 } = options
  const pulse = createPulse()
  let chain = newChain()
  let unpublished: Chain[] = []

  const group = createGroupCommit<readonly AccessDraft[]>(async (groups) => {
    const { records, head } = chained(chain, groups.flat())
    try {
      await db.transaction().execute((trx) => append(trx, chain.source, records, now()))
      chain.head = head
    } catch (cause) {
      // Whether it was committed is not known where the connection broke, so the chain ends here: two
      // records of one number would look like forgery.
      if (chain.head.sequence !== chain.published) unpublished.push(chain)
      chain = newChain()
      throw new AccessRecordNotDurableError(cause)
    }
  })

  async function publishHeads(): Promise<void> {
    for (const one of [...unpublished, chain]) {
      const { source, head, published } = one
      if (head.sequence === published) continue
      await db.transaction().execute((trx) => appendToOutbox(trx, headEvent(source, head, now())))
      one.published = head.sequence
    }
    unpublished = unpublished.filter(({ head, published }) => head.sequence !== published)
  }

  async function tryToPublish(): Promise<void> {
    await publishHeads().catch((err) => log.warn({ err }, 'heads of access records wait'))
  }

  const running = (async () => {
    while (!pulse.stopped) {
      await pulse.wait(headInterval)
      if (!pulse.stopped) await tryToPublish()
    }
  })()

  return {
    record: (drafts) => (drafts.length === 0 ? Promise.resolve() : group.add(drafts)),
    async stop() {
      pulse.stop()
      await running
      await group.settled()
      await tryToPublish()
    },
  }
}

function chained(chain: Chain, drafts: readonly AccessDraft[]) {
  let { head } = chain
  const records = drafts.map((draft) => {
    const record = chainRecord(chain.source, head, draft)
    head = { sequence: record.sequence, hash: record.hash }
    return record
  })
  return { records, head }
}

async function append(
  trx: Transaction<AccessRecordTables>,
  source: string,
  records: readonly AccessRecord[],
  now: Date,
): Promise<void> {
  const regions = await regionsOf(trx, records)
  const regionOf = (department: string) => regions.get(department) ?? null
  await appendToOutbox(trx, ...recordEvents(source, records, regionOf, now))
}

async function regionsOf(
  trx: Transaction<AccessRecordTables>,
  records: readonly AccessRecord[],
): Promise<Map<string, string>> {
  const departments = [...new Set(records.flatMap(({ department }) => department ?? []))]
  if (departments.length === 0) return new Map()
  const rows = await trx
    .selectFrom('directory_entry')
    .select(['id', 'data'])
    .where('kind', '=', 'department')
    .where('id', 'in', departments)
    .execute()
  return new Map(rows.map(({ id, data }) => [id, (data as { region: string }).region]))
}
