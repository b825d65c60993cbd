import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type AccessDraft,
  accessRecordOf,
  chainRecord,
  EMPTY_CHAIN,
  findChainFault,
} from '@lexchange/access-records'
import type { AccessRecord, AccessRow } from '@lexchange/contracts'
import { pino } from 'pino'
import { expect, it } from 'vitest'

import { openAccessLog } from './index.ts'
import { createSlotRelay, relaySome } from './relay-slot.ts'

const SOURCE = 'verification-test-0'
const log = pino({ level: 'silent' })

const draft = (department: string | null): AccessDraft => ({
  at: '2026-11-24T01:00:00.000Z',
  ...{ department, client: 'a-client', action: 'status' },
  license: { type: 'business-license', number: '1', id: null },
  ...{ region: null, holder: null, matched: [], disclosed: [], purpose: null, caseRef: null },
  ...{ agreement: null, outcome: 'valid', refused: false, receipt: false, verificationId: null },
})

/** A segment as it was written before records were rows: objects, the hash after what it follows. */
async function writeOlder(folder: string): Promise<AccessRecord[]> {
  const first = chainRecord(SOURCE, EMPTY_CHAIN, draft('tax'))
  const second = chainRecord(SOURCE, first, draft(null))
  const lines = [first, second].map(({ source, sequence, previous, hash, ...rest }) =>
    JSON.stringify({ source, sequence, previous, hash, ...rest }),
  )
  const header = JSON.stringify({ source: SOURCE, ...EMPTY_CHAIN })
  const name = '0000000000000001-0000.jsonl'
  await writeFile(join(folder, name), `${[header, ...lines].join('\n')}\n`)
  return [first, second]
}

it('segments of before records were rows are gone on with, and carried on as the event of then', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lexchange-access-'))
  try {
    const older = await writeOlder(folder)
    const access = openAccessLog({ folder, source: SOURCE, log })
    await new Promise<void>((resolve, reject) => {
      access.add(draft('tax'), (error) => (error === undefined ? resolve() : reject(error)))
    })
    await access.close()

    const events: { type: string; data: { records: (AccessRow | AccessRecord)[] } }[] = []
    const relay = await createSlotRelay({
      ...{ folder, log, now: Date.now, regionOf: () => '100000' },
      publish: async ({ payload }) => void events.push(JSON.parse(payload.toString())),
    })
    relay.durable = 3
    while (await relaySome(relay));
    const types = events.map(({ type }) => type.replace('lexchange.access.recorded.', ''))
    expect(types).toEqual(['v1', 'v1', 'v2'])
    const records = events.flatMap(({ data }) => data.records).map(accessRecordOf)
    expect(records.slice(0, 2)).toEqual(older)
    expect(findChainFault(records)).toBeUndefined()
    expect(records).toHaveLength(3)
  } finally {
    await rm(folder, { recursive: true })
  }
})
