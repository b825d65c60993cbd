import { readFileSync } from 'node:fs'

import { usccCheckCharacter } from '@lexchange/license'
import { syntheticUscc } from '@lexchange/local'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import {
  CLAIM_CELLS,
  CLAIM_COLUMNS,
  COLUMNS,
  type Imports,
  importsOf,
} from '../../test/send-imports.ts'
import { startIssuer, type TestIssuer } from '../../test/start-issuer.ts'

const ENTERPRISES = new URL('../../../../infra/local/enterprises.csv', import.meta.url)

let issuer: TestIssuer
let imports: Imports

beforeAll(async () => {
  issuer = await startIssuer({ importMaxBytes: 500_000 })
  imports = importsOf(issuer)
})
afterAll(() => issuer.stop())

describe('importLicenses of a CSV', () => {
  it('takes the real companies of the pilot as CSV, with a byte order mark, CRLF and quoted cells', async () => {
    const companies = parse(readFileSync(ENTERPRISES), { columns: true, bom: true }) as {
      uscc: string
      name_zh: string
    }[]
    const rows = companies.map(
      ({ uscc, name_zh }) => `${uscc},${name_zh},,,2020-01-01T00:00:00Z,,,${CLAIM_CELLS}`,
    )
    const csv = `\uFEFF${[`${COLUMNS},${CLAIM_COLUMNS}`, ...rows].join('\r\n')}\r\n`
    const accepted = await imports.send(
      'csv',
      csv.replaceAll('\r\n范围', ' 范围'),
      '?type=business-license&acceptLegacyUscc=true',
    )
    expect(accepted.status).toBe(202)
    expect(accepted.body).toEqual({ id: accepted.body.id, state: 'running' })
    expect(accepted.headers.location).toBe(`/v1/imports/${accepted.body.id}`)
    expect(issuer.received.count).toBeGreaterThan(0)
    expect(await imports.result(accepted.body.id)).toMatchObject({
      state: 'running',
      rows: companies.length,
      imported: 0,
    })
    await imports.work()
    expect(await imports.result(accepted.body.id)).toEqual({
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
    const { body } = await imports.send('csv', lines.join('\n'))
    await imports.work()
    const answer = await imports.result(body.id)
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
    const { body } = await imports.send('csv', csv)
    await imports.work()
    const errors = [{ row: 1, pointer: '/claims/businessScope' }]
    expect(await imports.result(body.id)).toMatchObject({ rows: 2, imported: 1, errors })
  })
})
