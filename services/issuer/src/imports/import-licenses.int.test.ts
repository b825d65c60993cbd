import { Readable } from 'node:stream'

import { usccCheckCharacter } from '@lexchange/license'
import { syntheticUscc } from '@lexchange/local'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { application, CLAIMS } from '../../test/applications.ts'
import { COLUMNS, type Imports, importsOf, row } from '../../test/send-imports.ts'
import { startIssuer, type TestIssuer } from '../../test/start-issuer.ts'
import { importBatch } from './index.ts'

let issuer: TestIssuer
let imports: Imports

beforeAll(async () => {
  issuer = await startIssuer({ importMaxBytes: 500_000 })
  imports = importsOf(issuer)
})
afterAll(() => issuer.stop())

describe('importLicenses', () => {
  it('refuses wrong rows by themselves, by row and pointer', async () => {
    const good = row()
    const legacy = '914403001922038216'.replace(/.$/, 'X')
    const answer = await imports.imported([
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
    const answer = await imports.imported([
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
    expect(await imports.imported([of(wrong)])).toMatchObject({ imported: 0, rejected: 1 })
    expect(
      await imports.imported([of(wrong)], '?type=business-license&acceptLegacyUscc=true'),
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
    expect(await imports.imported([asked])).toMatchObject({ imported: 1 })
  })

  it('lets rows name their type when the import names none', async () => {
    const { type: _, ...untyped } = row()
    expect(await imports.imported([row(), untyped], '')).toMatchObject({ imported: 1, rejected: 1 })
  })

  it('goes on after a crash where it stopped, and does no row twice', async () => {
    const lines = Array.from({ length: 25 }, () => row())
    const { body } = await imports.sendLines(lines)
    await importBatch(issuer.deps, 10)
    const crash = { ...issuer.deps, newId: crashAfter(7) }
    await expect(importBatch(crash, 10)).rejects.toThrow('killed')
    expect(await imports.result(body.id)).toMatchObject({
      state: 'running',
      rows: 25,
      imported: 10,
    })
    await Promise.all([imports.work(10), imports.work(10)])
    expect(await imports.result(body.id)).toMatchObject({
      state: 'done',
      imported: 25,
      rejected: 0,
    })
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
    await imports.imported(lines)
    const again = await imports.imported(lines)
    expect(again).toMatchObject({ imported: 0, rejected: 2 })
    expect(again.errors[0]).toMatchObject({ row: 1, pointer: '/number' })
  })

  it('is done at once with nothing', async () => {
    const { status, body } = await imports.send('x-ndjson', '')
    expect([status, body.state]).toEqual([202, 'done'])
    expect(await imports.result(body.id)).toMatchObject({
      state: 'done',
      rows: 0,
      imported: 0,
      errors: [],
    })
    expect((await imports.send('csv', '')).body.state).toBe('done')
    const header = await imports.send('csv', `${COLUMNS}\n`)
    expect(header.body.state).toBe('done')
  })

  it('counts lines and not rows when lines are empty', async () => {
    const answer = await imports.imported([row(), '', '  ', '{}'])
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
    const { body } = await imports.send('x-ndjson', broken)
    await imports.work()
    expect(await imports.result(body.id)).toMatchObject({
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
    const { body } = await imports.send('x-ndjson', Readable.from(pieces))
    await imports.work()
    expect(await imports.result(body.id)).toMatchObject({ imported: 2, rejected: 0 })
  })

  it('refuses a whole import before it begins, and keeps nothing of it', async () => {
    const kept = () => issuer.db.selectFrom('import').select('id').execute()
    const before = await kept()
    const codeOf = async (answer: ReturnType<Imports['send']>) => {
      const { status, body } = await answer
      return `${status} ${body.type.split(':').at(-1)}`
    }
    expect(await codeOf(imports.send('csv', 'uscc,name,color\n'))).toBe('422 import-header-invalid')
    expect(await codeOf(imports.send('csv', 'uscc,name,name\n'))).toBe('422 import-header-invalid')
    expect(await codeOf(imports.send('csv', 'uscc,name,claims.shoeSize\n'))).toBe(
      '422 import-header-invalid',
    )
    expect(await codeOf(imports.send('csv', 'name\n'))).toBe('422 import-header-invalid')
    expect(await codeOf(imports.send('csv', `${COLUMNS}\n`, ''))).toBe('400 request-invalid')
    expect(await codeOf(imports.send('csv', `${COLUMNS}\n`, '?type=fishing'))).toBe(
      '422 license-type-unknown',
    )
    expect(
      await codeOf(
        imports.send('x-ndjson', '{}', '?type=construction-qualification', { as: 'beijing' }),
      ),
    ).toBe('422 license-type-not-granted')
    expect(await codeOf(imports.send('x-ndjson', '{}', '?color=red'))).toBe('400 request-invalid')
    expect(await codeOf(imports.send('x-ndjson', 'x'.repeat(600_000)))).toBe('413 import-too-large')
    expect(await codeOf(imports.send('x-ndjson', '{}', '', { as: 'reader' }))).toBe(
      '403 insufficient-scope',
    )
    expect(await codeOf(imports.send('x-ndjson', '{}', '', { as: null }))).toBe(
      '401 unauthenticated',
    )
    const json = await issuer.post('/v1/imports', { a: 1 })
    expect(json.body.type).toBe('urn:lexchange:problem:media-type-unsupported')
    expect((await issuer.post('/v1/imports', undefined)).status).toBe(415)
    expect(await kept()).toEqual(before)
  })

  it('gives the first answer again for the same key and body', async () => {
    const headers = { 'idempotency-key': crypto.randomUUID() }
    const lines = [row()]
    const first = await imports.sendLines(lines, undefined, { headers })
    const again = await imports.sendLines(lines, undefined, { headers })
    expect(again.body).toEqual(first.body)
    expect(again.headers['idempotency-replayed']).toBe('true')
    const other = await imports.sendLines([row()], undefined, { headers })
    expect(other.body.type).toBe('urn:lexchange:problem:idempotency-key-reused')
    await imports.work()
    expect(await imports.result(first.body.id)).toMatchObject({ imported: 1 })
    const receiving = await issuer.db
      .selectFrom('import')
      .select('id')
      .where('state', '=', 'receiving')
      .execute()
    expect(receiving).toEqual([])
  })

  it('shows an import to its own authority only', async () => {
    const { body } = await imports.sendLines([row()])
    await imports.work()
    expect(await imports.result(body.id, 'shenzhen')).toMatchObject({
      status: 404,
      type: 'urn:lexchange:problem:import-not-found',
    })
  })

  it('keeps 10,000 errors, and counts the others', async () => {
    const { body } = await imports.send('x-ndjson', '[]\n'.repeat(10_300))
    await imports.work()
    const answer = await imports.result(body.id)
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
