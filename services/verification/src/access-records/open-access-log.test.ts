import { hash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type AccessDraft, accessRecordOf, findChainFault } from '@lexchange/access-records'
import type { AccessRecord } from '@lexchange/contracts'
import { waitFor } from '@lexchange/testing'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { type AccessLog, type AccessLogOptions, openAccessLog } from './index.ts'
import { writeWhole } from './segment-files.ts'

const SOURCE = 'verification-test-0'
const log = pino({ level: 'silent' })

let folder: string
let opened: AccessLog[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lexchange-access-'))
})

afterEach(async () => {
  await Promise.all(opened.map((each) => each.close()))
  opened = []
  await rm(folder, { recursive: true, force: true })
})

function openLog(changes: Partial<AccessLogOptions> = {}): AccessLog {
  const access = openAccessLog({ folder, source: SOURCE, log, ...changes })
  opened.push(access)
  return access
}

const draft = (caseRef: string): AccessDraft => ({
  at: '2026-11-24T01:00:00.000Z',
  department: 'tax',
  client: 'tax-department',
  action: 'status',
  license: { type: 'business-license', number: '1', id: null },
  ...{ region: null, holder: null, matched: [], disclosed: [], purpose: null, caseRef },
  ...{ agreement: null, outcome: 'valid', refused: false, receipt: false, verificationId: null },
})

function add(access: AccessLog, ...caseRefs: string[]): Promise<unknown> {
  const one = (caseRef: string) =>
    new Promise<void>((resolve, reject) => {
      access.add(draft(caseRef), (error) => (error === undefined ? resolve() : reject(error)))
    })
  return Promise.all(caseRefs.map(one))
}

/** All records on disk, in the order of their segments. */
async function written(): Promise<AccessRecord[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl')).sort()
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  return texts.flatMap((text) =>
    text
      .split('\n')
      .slice(1, -1)
      .map((line) => accessRecordOf(JSON.parse(line))),
  )
}

/** Where the next record would have been written. */
async function tear(path: string, torn: string): Promise<void> {
  const bytes = await readFile(path)
  const end = bytes.lastIndexOf(0x0a) + 1
  bytes.write(torn, end)
  await writeFile(path, bytes)
}

const casesOf = (records: readonly AccessRecord[]) => records.map(({ caseRef }) => caseRef)

describe('openAccessLog', () => {
  it('goes on with the chain over segments and restarts', async () => {
    const first = openLog({ segmentBytes: 1 })
    await add(first, 'a', 'b')
    await add(first, 'c')
    await first.close()
    await add(openLog(), 'd')
    const records = await written()
    expect(casesOf(records)).toEqual(['a', 'b', 'c', 'd'])
    expect(findChainFault(records)).toBeUndefined()
    expect((await readdir(folder)).filter((name) => name.endsWith('.jsonl'))).toHaveLength(3)
    // What was reserved in advance is no torn end.
    expect((await readdir(folder)).filter((name) => name.includes('.torn-'))).toEqual([])
  })

  it('puts a torn end aside and goes on from the last whole record', async () => {
    const first = openLog()
    await add(first, 'a')
    await first.close()
    const [name = ''] = (await readdir(folder)).filter((each) => each.endsWith('.jsonl'))
    const whole = (await readFile(join(folder, name), 'utf8')).split('\n')[1] ?? ''
    for (const torn of [whole.slice(0, 100), `\0\0${whole.slice(2)}\n`, '\0\0{']) {
      const before = await written()
      const [last = ''] = (await readdir(folder))
        .filter((each) => each.endsWith('.jsonl'))
        .sort()
        .reverse()
      await tear(join(folder, last), torn)
      const access = openLog()
      await add(access, 'next')
      await access.close()
      const records = await written()
      expect(records).toHaveLength(before.length + 1)
      expect(findChainFault(records)).toBeUndefined()
    }
    expect((await readdir(folder)).filter((each) => each.includes('.torn-'))).toHaveLength(3)
  })

  it('records nothing behind a whole line that is not the next record, and leaves it there', async () => {
    const first = openLog()
    await add(first, 'a')
    await first.close()
    const [name = ''] = (await readdir(folder)).filter((each) => each.endsWith('.jsonl'))
    const path = join(folder, name)
    const untouched = await readFile(path)
    const [header = '', whole = ''] = untouched.toString().split('\n')
    const further = `${whole.slice(whole.indexOf(',') + 1, -2)},"a further element"]`
    const ofNewerVersion = `["${hash('sha256', further, 'base64url')}",${further}]`
    for (const line of [whole.replace('"a"', '"x"'), ofNewerVersion, '["of another form"]']) {
      await writeFile(path, `${header}\n${line}\n`)
      await expect(add(openLog(), 'b')).rejects.toMatchObject({
        code: 'access-record-not-durable',
        cause: { message: expect.stringContaining('a newer version wrote it') },
      })
      expect(await readFile(path, 'utf8')).toBe(`${header}\n${line}\n`)
    }
    await writeFile(path, untouched)
    await add(openLog(), 'b')
    expect(casesOf(await written())).toEqual(['a', 'b'])
  })

  it('lets one writer take over from another, which then records nothing more', async () => {
    let lost = false
    const old = openLog({
      onLost: () => {
        lost = true
      },
    })
    await add(old, 'a')
    const successor = openLog()
    await add(successor, 'b')
    await expect(add(old, 'lost')).rejects.toMatchObject({ code: 'access-record-not-durable' })
    expect(lost).toBe(true)
    await add(successor, 'c')
    await expect(add(old, 'lost')).rejects.toMatchObject({ code: 'access-record-not-durable' })
    await successor.close()
    const third = openLog()
    await add(third, 'd')
    // What the old one wrote behind the beginning of the next segment belongs to nothing.
    const bySegment = (await written()).filter(({ caseRef }) => caseRef !== 'lost')
    expect(casesOf(bySegment)).toEqual(['a', 'b', 'c', 'd'])
    expect(findChainFault(bySegment)).toBeUndefined()
  })

  it('refuses while the disk does, and then goes on by itself without a gap', async () => {
    let full = false
    const durable: number[] = []
    const access = openLog({
      onDurable: (sequence) => durable.push(sequence),
      async append(handle, bytes, position) {
        if (!full) return writeWhole(handle, bytes, position)
        await handle.write(bytes, 0, bytes.length - 10, position)
        throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
      },
    })
    await add(access, 'a')
    full = true
    for (const caseRef of ['b', 'c'])
      await expect(add(access, caseRef)).rejects.toMatchObject({
        code: 'access-record-not-durable',
        cause: { code: 'ENOSPC' },
      })
    full = false
    await waitFor(() =>
      add(access, 'd').then(
        () => true,
        () => false,
      ),
    )
    const records = await written()
    expect(casesOf(records)).toEqual(['a', 'd'])
    expect(findChainFault(records)).toBeUndefined()
    expect(durable.at(-1)).toBe(2)
  })
})
