import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'

import { usccCheckCharacter } from '@lexchange/license'
import { syntheticUscc } from '@lexchange/local'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { application, CLAIMS } from '../../test/applications.ts'
import { startIssuer, type TestIssuer } from '../../test/start-issuer.ts'
import { importBatch } from './index.ts'

const ENTERPRISES = new URL('../../../../infra/local/enterprises.csv', import.meta.url)
const COLUMNS = 'uscc,name,number,region,validFrom,validUntil,issuedAt'
const CLAIM_COLUMNS =
  'claims.name,claims.enterpriseType,claims.legalRepresentative,claims.registeredCapital,claims.establishedOn,claims.businessScope,claims.domicile'
const CLAIM_CELLS =
  '示例,limited-liability-company,示例,1000000.00 CNY,2000-01-01,"示例, ""经营""\r\n范围",示例路 1 号'

let issuer: TestIssuer

beforeAll(async () => {
  issuer = await startIssuer({ importMaxBytes: 500_000 })
})
afterAll(() => issuer.stop())

type Options = NonNullable<Parameters<TestIssuer['post']>[2]>

function send(
  format: 'csv' | 'x-ndjson',
  body: unknown,
  query = '?type=business-license',
  options: Options = {},
) {
  const type = format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson'
  const headers = { 'content-type': type, ...options.headers }
  return issuer.post(`/v1/imports${query}`, body, { as: 'national', ...options, headers })
}

const sendLines = (lines: unknown[], query?: string, options?: Options) =>
  send(
    'x-ndjson',
    lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
    query,
    options,
  )

async function work(limit?: number) {
  while (await importBatch(issuer.deps, limit));
}

const result = async (id: string, as: 'national' | 'shenzhen' = 'national') =>
  (await issuer.get(`/v1/imports/${id}`, { as })).body

async function imported(lines: unknown[], query?: string) {
  const { body } = await sendLines(lines, query)
  await work()
  return result(body.id)
}

const row = (changes: Record<string, unknown> = {}) =>
  application({ validFrom: '2020-01-01T00:00:00Z', ...changes })

describe('importLicenses', () => {
  it('takes the real companies of the pilot as CSV, with a byte order mark, CRLF and quoted cells', async () => {
    const companies = parse(readFileSync(ENTERPRISES), { columns: true, bom: true }) as {
      uscc: string
      name_zh: string
    }[]
    const rows = companies.map(
      ({ uscc, name_zh }) => `${uscc},${name_zh},,,2020-01-01T00:00:00Z,,,${CLAIM_CELLS}`,
    )
    const csv = `\uFEFF${[`${COLUMNS},${CLAIM_COLUMNS}`, ...rows].join('\r\n')}\r\n`
    const accepted = await send(
      'csv',
      csv.replaceAll('\r\n范围', ' 范围'),
      '?type=business-license&acceptLegacyUscc=true',
    )
    expect(accepted.status).toBe(202)
    expect(accepted.body).toEqual({ id: accepted.body.id, state: 'running' })
    expect(accepted.headers.location).toBe(`/v1/imports/${accepted.body.id}`)
    expect(issuer.received.count).toBeGreaterThan(0)
    expect(await result(accepted.body.id)).toMatchObject({
      state: 'running',
      rows: companies.length,
      imported: 0,
    })
    await work()
    expect(await result(accepted.body.id)).toEqual({
      id: accepted.body.id,
      state: 'done',
      rows: companies.length,
      imported: companies.length,
      rejected: 0,
      errors: [],
      errorsOmitted: 0,
    })
    const stored = await issuer.db
      .selectFrom('license')
      .select(['number', 'issued_at', 'claims', 'legacy_uscc'])
      .execute()
    expect(stored).toHaveLength(companies.length)
    expect(stored[0]?.issued_at).toEqual(new Date('2020-01-01T00:00:00Z'))
    expect(stored[0]?.claims).toMatchObject({
      businessScope: '示例, "经营" 范围',
      registeredCapital: { amount: '1000000.00', currency: 'CNY' },
    })
    const legacy = stored.filter(({ legacy_uscc }) => legacy_uscc).length
    const failing = companies.filter(({ uscc }) => usccCheckCharacter(uscc) !== uscc.at(-1)).length
    expect(legacy).toBe(failing)
    expect(await issuer.db.selectFrom('import_row').select('row').execute()).toEqual([])
  })

  it('refuses wrong rows by themselves, by row and pointer', async () => {
    const good = row()
    const legacy = '914403001922038216'.replace(/.$/, 'X')
    const answer = await imported([
      row(),
      '{"holder": ',
      row({ region: '44' }),
      row({ claims: {} }),
      row({ holder: { ...good.holder, uscc: legacy } }),
      row({ issuedAt: '2099-01-01T00:00:00Z' }),
      row({ type: 'food-operation-permit' }),
      { ...row(), validFrom: undefined },
      '"text"',
      good,
      good,
      `"${'x'.repeat(70_000)}"`,
      row(),
    ])
    expect(answer).toMatchObject({ state: 'done', rows: 13, imported: 3, rejected: 10 })
    const seen = answer.errors.map(
      ({ row: number, pointer }: { row: number; pointer: string }) => `${number} ${pointer}`,
    )
    const claims = Object.keys(CLAIMS).map((name) => `4 /claims/${name}`)
    expect(seen).toEqual([
      '2 ',
      '3 /region',
      ...claims,
      '5 /holder/uscc',
      '6 /issuedAt',
      '7 /type',
      '8 /validFrom',
      '9 ',
      '11 /number',
      '12 ',
    ])
  })

  it('takes a status, and several licenses of a number when one at most is in being', async () => {
    const uscc = syntheticUscc('440300')
    const of = (changes: object) =>
      application({ validFrom: '2020-01-01T00:00:00Z', ...changes }, uscc)
    const answer = await imported([
      of({ status: 'revoked' }),
      of({ validUntil: '2021-01-01T00:00:00Z' }),
      of({ status: 'suspended', issuedAt: '2022-01-01T00:00:00Z' }),
      of({ status: 'active' }),
      of({ status: 'gone' }),
    ])
    expect(answer).toMatchObject({ imported: 3, rejected: 2 })
    const stored = await issuer.db
      .selectFrom('license')
      .select(['id', 'status'])
      .where('number', '=', uscc)
      .orderBy('issued_at')
      .orderBy('status')
      .execute()
    expect(stored.map(({ status }) => status).sort()).toEqual(['active', 'revoked', 'suspended'])
    const suspended = stored.find(({ status }) => status === 'suspended')
    const [event] = await issuer.eventsOf(suspended?.id ?? '')
    expect(event).toMatchObject({
      type: 'lexchange.license.issued.v1',
      sequence: '1',
      data: {
        version: 1,
        status: 'suspended',
        issuedAt: '2022-01-01T00:00:00.000Z',
        effectiveAt: '2022-01-01T00:00:00.000Z',
      },
    })
  })

  it('takes codes of the early pilot when asked to, and marks them', async () => {
    const wrong = legacyUscc()
    const of = (uscc: string) => application({ validFrom: '2020-01-01T00:00:00Z' }, uscc)
    expect(await imported([of(wrong)])).toMatchObject({ imported: 0, rejected: 1 })
    expect(
      await imported([of(wrong)], '?type=business-license&acceptLegacyUscc=true'),
    ).toMatchObject({ imported: 1 })
    const stored = await issuer.db
      .selectFrom('license')
      .select('legacy_uscc')
      .where('number', '=', wrong)
      .execute()
    expect(stored).toEqual([{ legacy_uscc: true }])
  })

  it('does not ask for the organisation code within a code, as issuing does', async () => {
    const base = `${syntheticUscc('440300').slice(0, 8)}0000000A${'1'}`.slice(0, 17)
    const uscc = base + usccCheckCharacter(base)
    const asked = application({ validFrom: '2020-01-01T00:00:00Z' }, uscc)
    expect((await issuer.post('/v1/licenses', asked)).status).toBe(422)
    expect(await imported([asked])).toMatchObject({ imported: 1 })
  })

  it('lets rows name their type when the import names none', async () => {
    const { type: _, ...untyped } = row()
    expect(await imported([row(), untyped], '')).toMatchObject({ imported: 1, rejected: 1 })
  })

  it('goes on after a crash where it stopped, and does no row twice', async () => {
    const lines = Array.from({ length: 25 }, () => row())
    const { body } = await sendLines(lines)
    await importBatch(issuer.deps, 10)
    const crash = { ...issuer.deps, newId: crashAfter(7) }
    await expect(importBatch(crash, 10)).rejects.toThrow('killed')
    expect(await result(body.id)).toMatchObject({ state: 'running', rows: 25, imported: 10 })
    await Promise.all([work(10), work(10)])
    expect(await result(body.id)).toMatchObject({ state: 'done', imported: 25, rejected: 0 })
    const numbers = lines.map(({ holder }) => holder.uscc)
    const stored = await issuer.db
      .selectFrom('license')
      .select(['id', 'number'])
      .where('number', 'in', numbers)
      .execute()
    expect(stored.map(({ number }) => number).sort()).toEqual(numbers.sort())
    for (const { id } of stored) expect(await issuer.eventsOf(id)).toHaveLength(1)
  })

  it('imports the same lines twice as rows that are there already', async () => {
    const lines = [row(), row()]
    await imported(lines)
    const again = await imported(lines)
    expect(again).toMatchObject({ imported: 0, rejected: 2 })
    expect(again.errors[0]).toMatchObject({ row: 1, pointer: '/number' })
  })

  it('is done at once with nothing', async () => {
    const { status, body } = await send('x-ndjson', '')
    expect([status, body.state]).toEqual([202, 'done'])
    expect(await result(body.id)).toMatchObject({ state: 'done', rows: 0, imported: 0, errors: [] })
    expect((await send('csv', '')).body.state).toBe('done')
    const header = await send('csv', `${COLUMNS}\n`)
    expect(header.body.state).toBe('done')
  })

  it('counts lines and not rows when lines are empty', async () => {
    const answer = await imported([row(), '', '  ', '{}'])
    expect(answer).toMatchObject({ rows: 2, imported: 1, rejected: 1 })
    expect(answer.errors[0].row).toBe(4)
  })

  it('refuses what is not UTF-8, row by row', async () => {
    const line = Buffer.from(JSON.stringify(row()))
    const broken = Buffer.concat([
      line,
      Buffer.from('\n"'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"\n'),
      Buffer.from(JSON.stringify(row())),
    ])
    const { body } = await send('x-ndjson', broken)
    await work()
    expect(await result(body.id)).toMatchObject({
      imported: 2,
      rejected: 1,
      errors: [{ row: 2, detail: 'is not UTF-8' }],
    })
  })

  it('reads a body that comes in pieces', async () => {
    const bytes = Buffer.from([row(), row()].map((line) => JSON.stringify(line)).join('\r\n'))
    const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, index) =>
      bytes.subarray(index * 7, index * 7 + 7),
    )
    const { body } = await send('x-ndjson', Readable.from(pieces))
    await work()
    expect(await result(body.id)).toMatchObject({ imported: 2, rejected: 0 })
  })

  it('reads rows of a CSV that are too short, too long or badly quoted as wrong rows', async () => {
    const cell = (uscc: string) =>
      `${uscc},示例,,,2020-01-01T00:00:00Z,,,${CLAIM_CELLS.replace('\r\n', '')}`
    const lines = [
      `${COLUMNS},${CLAIM_COLUMNS}`,
      cell(syntheticUscc('440300')),
      'a,b',
      `x"y,"z"w${',1'.repeat(12)}`,
      cell(syntheticUscc('440300')),
      '"never closed',
      cell(syntheticUscc('440300')),
      `${cell(syntheticUscc('440300'))},1`,
      'x'.repeat(70_000),
      '"also never',
      cell(syntheticUscc('440300')),
    ]
    const { body } = await send('csv', lines.join('\n'))
    await work()
    const answer = await result(body.id)
    expect(answer).toMatchObject({ rows: 10, imported: 4, rejected: 6 })
    expect(answer.errors.map(({ row: number }: { row: number }) => number)).toEqual([
      2, 3, 5, 7, 8, 9,
    ])
  })

  it('reads a quoted cell with a line break as part of its row', async () => {
    const cells = (uscc: string, claims: string) =>
      `${uscc},示例,,,2020-01-01T00:00:00Z,,,${claims}`
    const rows = [
      cells(syntheticUscc('440300'), CLAIM_CELLS),
      cells(syntheticUscc('440300'), CLAIM_CELLS.replace('\r\n', '')),
    ]
    const csv = [`${COLUMNS},${CLAIM_COLUMNS}`, ...rows].join('\r\n')
    const { body } = await send('csv', csv)
    await work()
    const errors = [{ row: 1, pointer: '/claims/businessScope' }]
    expect(await result(body.id)).toMatchObject({ rows: 2, imported: 1, errors })
  })

  it('refuses a whole import before it begins, and keeps nothing of it', async () => {
    const kept = () => issuer.db.selectFrom('import').select('id').execute()
    const before = await kept()
    const codeOf = async (answer: ReturnType<typeof send>) => {
      const { status, body } = await answer
      return `${status} ${body.type.split(':').at(-1)}`
    }
    expect(await codeOf(send('csv', 'uscc,name,color\n'))).toBe('422 import-header-invalid')
    expect(await codeOf(send('csv', 'uscc,name,name\n'))).toBe('422 import-header-invalid')
    expect(await codeOf(send('csv', 'uscc,name,claims.shoeSize\n'))).toBe(
      '422 import-header-invalid',
    )
    expect(await codeOf(send('csv', 'name\n'))).toBe('422 import-header-invalid')
    expect(await codeOf(send('csv', `${COLUMNS}\n`, ''))).toBe('400 request-invalid')
    expect(await codeOf(send('csv', `${COLUMNS}\n`, '?type=fishing'))).toBe(
      '422 license-type-unknown',
    )
    expect(
      await codeOf(send('x-ndjson', '{}', '?type=construction-qualification', { as: 'beijing' })),
    ).toBe('422 license-type-not-granted')
    expect(await codeOf(send('x-ndjson', '{}', '?color=red'))).toBe('400 request-invalid')
    expect(await codeOf(send('x-ndjson', 'x'.repeat(600_000)))).toBe('413 import-too-large')
    expect(await codeOf(send('x-ndjson', '{}', '', { as: 'reader' }))).toBe(
      '403 insufficient-scope',
    )
    expect(await codeOf(send('x-ndjson', '{}', '', { as: null }))).toBe('401 unauthenticated')
    const json = await issuer.post('/v1/imports', { a: 1 })
    expect(json.body.type).toBe('urn:lexchange:problem:media-type-unsupported')
    expect((await issuer.post('/v1/imports', undefined)).status).toBe(415)
    expect(await kept()).toEqual(before)
  })

  it('gives the first answer again for the same key and body', async () => {
    const headers = { 'idempotency-key': crypto.randomUUID() }
    const lines = [row()]
    const first = await sendLines(lines, undefined, { headers })
    const again = await sendLines(lines, undefined, { headers })
    expect(again.body).toEqual(first.body)
    expect(again.headers['idempotency-replayed']).toBe('true')
    const other = await sendLines([row()], undefined, { headers })
    expect(other.body.type).toBe('urn:lexchange:problem:idempotency-key-reused')
    await work()
    expect(await result(first.body.id)).toMatchObject({ imported: 1 })
    const receiving = await issuer.db
      .selectFrom('import')
      .select('id')
      .where('state', '=', 'receiving')
      .execute()
    expect(receiving).toEqual([])
  })

  it('shows an import to its own authority only', async () => {
    const { body } = await sendLines([row()])
    await work()
    expect(await result(body.id, 'shenzhen')).toMatchObject({
      status: 404,
      type: 'urn:lexchange:problem:import-not-found',
    })
  })

  it('keeps 10,000 errors, and counts the others', async () => {
    const { body } = await send('x-ndjson', '[]\n'.repeat(10_300))
    await work()
    const answer = await result(body.id)
    expect(answer).toMatchObject({ rows: 10_300, rejected: 10_300 })
    expect(answer.errors).toHaveLength(10_000)
    expect(answer.errorsOmitted).toBe(300)
  })
})

function legacyUscc(): string {
  const right = syntheticUscc('440300')
  return right.slice(0, 17) + (right.endsWith('1') ? '2' : '1')
}

/** Ids run out in the middle of a batch, as when the process is killed there. */
function crashAfter(count: number) {
  let left = count
  return () => {
    if (left-- === 0) throw new Error('killed')
    return issuer.deps.newId()
  }
}
