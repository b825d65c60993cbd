import { type Measure, measureOrdered } from '@lexchange/contracts'
import { waitFor } from '@lexchange/testing'
import { jetstream } from '@nats-io/jetstream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { announce } from '../../test/directory.ts'
import { createSource, publishRecords } from '../../test/records.ts'
import { startOversight, type TestOversight } from '../../test/start-oversight.ts'

const DAY = '2026-11-24'
const USCC = '914403001922038216'
let oversight: TestOversight

beforeAll(async () => {
  oversight = await startOversight({ now: () => new Date('2026-11-24T04:00:00.000Z') })
})
afterAll(() => oversight.stop())

/** So many holders under one caseRef, from ten in the morning on. */
const reuse = (department: string, count: number) =>
  createSource().records(count, (place) => ({
    ...{ department, client: `${department}-department`, caseRef: 'everything' },
    at: new Date(Date.UTC(2026, 10, 24, 2, 0, 0, place)).toISOString(),
    license: { type: 'business-license', number: `9144030${place * 31}`, id: null },
    holder: `9144030${place * 31}`,
    agreement: null,
  }))

async function findingOf(department: string, kind = 'case-reuse') {
  const url = `/v1/findings?department=${department}&kind=${kind}`
  await waitFor(async () => (await oversight.get(url)).body.items.length > 0, { timeout: 30_000 })
  return (await oversight.get(url)).body.items[0]
}

describe('applyRules', () => {
  it('finds within seconds what records of the stream add up to, and lets the finding grow', async () => {
    const records = reuse('tendering', 240)
    await publishRecords(oversight.nats, records.slice(0, 160))
    expect(await findingOf('tendering')).toMatchObject({
      ...{ rule: 'case-reuse', day: DAY, severity: 'medium' },
      evidence: { figures: { holders: 160 }, records: expect.arrayContaining([records[0]?.id]) },
    })
    await publishRecords(oversight.nats, records.slice(160))
    await waitFor(async () => (await findingOf('tendering')).evidence.figures.holders === 240, {
      timeout: 30_000,
    })
    const { body } = await oversight.get('/v1/findings?department=tendering')
    expect(body.items).toHaveLength(1)
    expect((await oversight.get(`/v1/findings/${body.items[0].id}`)).body).toEqual(body.items[0])
    expect((await oversight.get('/v1/cases?department=tendering')).body.items).toEqual([])
  })

  it('finds a quota that several replicas together gave too much of', async () => {
    await publishRecords(oversight.nats, createSource().records(30))
    await publishRecords(oversight.nats, createSource().records(30))
    const finding = await findingOf('tax', 'quota-exceeded')
    expect(finding.evidence.figures).toEqual({ used: 60, granted: 40 })
  })
})

describe('dryRunRule', () => {
  it('says what other thresholds would have found, and keeps nothing', async () => {
    const run = (thresholds: object) =>
      oversight.post('/v1/rules/case-reuse/dry-run', { from: DAY, to: DAY, thresholds })
    expect((await run({ tendering: { holders: 300 } })).body.findings).toEqual([])
    const { body } = await run({ tendering: { holders: 50 } })
    expect(body.findings).toMatchObject([{ department: 'tendering', severity: 'high' }])
    expect((await findingOf('tendering')).severity).toBe('medium')
    expect(await run({ default: { nonsense: 1 } })).toMatchObject({ status: 422 })
  })

  it('refuses days in the wrong order, and does not answer that nothing was found', async () => {
    const days = { from: '2026-11-25', to: '2026-11-01' }
    const { status, body } = await oversight.post('/v1/rules/case-reuse/dry-run', days)
    expect([status, body.type]).toEqual([422, 'urn:lexchange:problem:time-range-invalid'])
  })
})

describe('changeRule', () => {
  it('changes thresholds of one kind of department for officers who may act', async () => {
    const change = { thresholds: { market: { holders: 7 } } }
    const denied = await oversight.patch('/v1/rules/case-reuse', change, { as: 'reader' })
    expect(denied.status).toBe(403)
    const { body } = await oversight.patch('/v1/rules/case-reuse', change)
    expect(body).toMatchObject({ revision: 2, effective: { market: { holders: 7, ownFactor: 2 } } })
  })
})

describe('a case', () => {
  it('opens by itself on a high finding, and ends in a measure that the registry gets', async () => {
    await publishRecords(oversight.nats, reuse('finance', 450))
    const finding = await findingOf('finance')
    const [{ id }] = (await oversight.get('/v1/cases?department=finance')).body.items
    const move = (to: string) => oversight.post(`/v1/cases/${id}/transitions`, { to, reason: to })
    const order = (body: object) =>
      oversight.post(`/v1/cases/${id}/measures`, { reason: 'overuse', ...body })
    expect((await order({ kind: 'suspend' })).body.type).toMatch(/case-state-conflict/)
    expect((await move('substantiated')).status).toBe(409)
    expect((await move('investigating')).body).toMatchObject({ state: 'investigating', version: 2 })
    expect((await order({ kind: 'warn' })).status).toBe(409)
    expect((await order({ kind: 'throttle' })).body.type).toMatch(/measure-invalid/)
    const throttle = await order({ kind: 'throttle', perMinute: 5 })
    expect(throttle).toMatchObject({ status: 201, body: { inForce: false, by: 'officer-1' } })
    await move('substantiated')
    expect((await order({ kind: 'suspend' })).status).toBe(201)

    const ordered: Measure[] = []
    const consumer = await jetstream(oversight.nats).consumers.get('MEASURES')
    for await (const message of await consumer.consume()) {
      const event = message.json<{ type: string; data: Measure }>()
      expect(event.type).toBe(measureOrdered.type)
      ordered.push(event.data)
      if (ordered.length === 2) break
    }
    expect(ordered).toMatchObject([
      { id: throttle.body.id, caseId: id, departmentId: 'finance', kind: 'throttle', perMinute: 5 },
      { kind: 'suspend', departmentId: 'finance', by: 'officer-1' },
    ])

    const department = { id: 'finance', name: 'Finance', kind: 'finance', region: '440300' }
    const changed = { ...department, state: 'suspended', throttle: { perMinute: 5 }, revision: 2 }
    await announce(oversight.nats, 'department', changed)
    await waitFor(async () => {
      const { body } = await oversight.get(`/v1/cases/${id}`)
      return body.measures.every(({ inForce }: { inForce: boolean }) => inForce)
    })
    const { body } = await oversight.get(`/v1/cases/${id}`)
    expect(body.findings).toMatchObject([{ id: finding.id }])
    expect(
      body.history.map((step: { action: string; by: string }) => [step.action, step.by]),
    ).toEqual([
      ['opened', 'rules'],
      ['moved', 'officer-1'],
      ['measure-ordered', 'officer-1'],
      ['moved', 'officer-1'],
      ['measure-ordered', 'officer-1'],
    ])
  })

  it('is made by an officer of findings of one department, each once', async () => {
    const [tendering, finance] = [await findingOf('tendering'), await findingOf('finance')]
    const open = (...findings: string[]) => oversight.post('/v1/cases', { findings, note: 'odd' })
    expect((await open(tendering.id, finance.id)).body.type).toMatch(/case-findings-invalid/)
    expect((await open(finance.id)).body.type).toMatch(/finding-in-case/)
    expect(await open(tendering.id)).toMatchObject({ status: 201, body: { state: 'open' } })
  })
})

describe('listHolderRecords', () => {
  const url = `/v1/holders/${USCC}/access-records`

  it('shows a holder who looked at it and by which right, without the caseRef', async () => {
    const { status, body } = await oversight.get(url, { as: 'holder' })
    expect(status).toBe(200)
    expect(body.items[0]).toMatchObject({
      department: { id: 'tax', name: 'Department of tax' },
      ...{ purpose: 'tax', fields: ['name', 'contactPhone'] },
      legalBasis: { reference: 'Tax Act, 6' },
    })
    expect(JSON.stringify(body)).not.toMatch(/caseRef|SZ-1/)
  })

  it('shows a holder nothing of others, and departments nothing', async () => {
    const other = await oversight.get('/v1/holders/91440300MA5LEXCH7D/access-records', {
      as: 'holder',
    })
    expect(other.body.type).toMatch(/not-the-holder/)
    expect((await oversight.get(url, { as: 'tax' })).status).toBe(403)
    expect((await oversight.get('/v1/access-records', { as: 'holder' })).status).toBe(403)
  })

  it('leaves out what a secrecy hold covers, until it ends', async () => {
    const count = async () => (await oversight.get(url, { as: 'holder' })).body.items.length
    const all = await count()
    const { body: hold } = await oversight.post('/v1/secrecy-holds', {
      ...{ department: 'tax', caseRef: 'SZ-1', until: '2026-12-01T00:00:00.000Z' },
      legalBasis: { text: 'An inquiry', reference: 'Procedure Act, 39' },
    })
    expect([all > 0, await count()]).toEqual([true, 0])
    const seen = await oversight.get(`/v1/access-records?holder=${USCC}&limit=1`)
    expect(seen.body.items).toHaveLength(1)
    await oversight.remove(`/v1/secrecy-holds/${hold.id}`)
    expect(await count()).toBe(all)
  })
})

describe('searchAccessRecords', () => {
  it('finds by license, caseRef and time, page by page', async () => {
    const page = '/v1/access-records?caseRef=everything&department=tendering&limit=200'
    const first = await oversight.get(page)
    expect(first.body.items[0]).toMatchObject({
      fields: ['name', 'contactPhone'],
      caseRef: 'everything',
    })
    const rest = await oversight.get(`${page}&cursor=${first.body.nextCursor}`)
    expect(rest.body).toMatchObject({ nextCursor: null })
    const ids = [...first.body.items, ...rest.body.items].map(({ id }: { id: string }) => id)
    expect(new Set(ids).size).toBe(240)
    const { body } = await oversight.get(
      `/v1/access-records?license=${USCC}&from=2026-11-24T00:00:00.000Z&to=2026-11-25T00:00:00.000Z`,
    )
    expect(body.items.length).toBeGreaterThan(0)
    expect((await oversight.get(`/v1/access-records?license=nobody`)).body.items).toEqual([])
    for (const end of ['from', 'to']) {
      const { body: problem } = await oversight.get(
        `/v1/access-records?${end}=2026-06-30T23:59:60Z`,
      )
      expect(problem).toMatchObject({ status: 400, errors: [{ pointer: `/${end}` }] })
    }
  })

  it('gives a source as a chain', async () => {
    const source = createSource()
    const records = source.records(3)
    await publishRecords(oversight.nats, records)
    const url = `/v1/access-records/chain?source=${source.source}`
    await waitFor(async () => (await oversight.get(url)).body.items.length === 3)
    expect((await oversight.get(url)).body.items).toEqual(records)
  })
})

describe('reportMonth', () => {
  it('gives a month by department as JSON and as CSV', async () => {
    const { body } = await oversight.get('/v1/reports/2026-11')
    const finance = body.items.find((each: { department: string }) => each.department === 'finance')
    expect(finance).toMatchObject({
      ...{ checks: 450, refused: 0, holders: 450, disclosures: 450 },
      ...{ findings: 1, highFindings: 1, cases: 1, measures: 2 },
    })
    const csv = await oversight.get('/v1/reports/2026-11', { headers: { accept: 'text/csv' } })
    expect(csv.headers['content-type']).toMatch('text/csv')
    expect(csv.text).toMatch(/^\ufeffdepartment,name,kind,checks,/)
    expect(csv.text).toMatch('finance,Finance,finance,450,0,450,450,1,1,1,2')
  })
})
