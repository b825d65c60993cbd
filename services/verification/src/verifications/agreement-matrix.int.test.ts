import type { AgreementEntry } from '@lexchange/contracts'
import { findLicenseType, regionCovers } from '@lexchange/license'
import { waitFor } from '@lexchange/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { agreementOf } from '../../test/agreements.ts'
import { licenseEvent, numbered } from '../../test/license-events.ts'
import { startWithLicense } from '../../test/start-with-license.ts'

const DEPARTMENTS = ['tax', 'customs', 'nobody']
const PURPOSES = ['inspection', 'tendering']
const TYPES = ['business-license', 'food-operation-permit']
const REGIONS = ['440300', '440400', '110000']
const FIELDS = ['name', 'domicile', 'contactPhone', 'settlementAccount']
const USES = ['match', 'disclose'] as const

/** Terms that differ in every dimension. */
const AGREEMENTS: Partial<AgreementEntry>[] = [
  { id: 'a', departmentId: 'tax', purpose: 'inspection', regions: ['440000'] },
  {
    ...{ id: 'b', departmentId: 'tax', purpose: 'tendering', licenseTypes: ['business-license'] },
    ...{ regions: ['440300', '110000'], disclose: ['name'], match: ['contactPhone'] },
  },
  {
    ...{ id: 'c', departmentId: 'customs', purpose: 'inspection', disclose: [] },
    ...{ licenseTypes: ['food-operation-permit'], match: ['*', 'settlementAccount'] },
  },
  { id: 'd', departmentId: 'customs', purpose: 'tendering', state: 'suspended' },
  {
    id: 'e',
    departmentId: 'customs',
    purpose: 'tendering',
    validUntil: '2026-02-01T00:00:00.000Z',
  },
]

let served: Awaited<ReturnType<typeof startWithLicense>>
const numbers = new Map<string, string>()
const headers = new Map<string, { authorization: string }>()

beforeAll(async () => {
  served = await startWithLicense()
  const entries = AGREEMENTS.map((changes) => agreementOf('none', changes))
  for (const entry of entries) await served.streams.enter(entry)
  let position = 0
  for (const [index, [type, region]] of pairs(TYPES, REGIONS).entries()) {
    const license = { ...numbered(500 + index), type, region }
    numbers.set(`${type} ${region}`, license.number ?? '')
    position = await served.streams.publish(licenseEvent('issued', license))
  }
  for (const department of DEPARTMENTS) {
    const client = { clientId: department, kind: 'department', departmentId: department } as const
    const authorization = await served.tokens.headerFor({ ...client, scopes: ['license:verify'] })
    headers.set(department, { authorization })
  }
  await served.getStatus('any', `?minPosition=${position}`)
  const first = { department: 'customs', purpose: 'inspection', type: 'food-operation-permit' }
  await waitFor(async () => (await ask({ ...first, region: '110000' })).code === 200)
})

afterAll(() => served.stop())

const pairs = <A, B>(some: readonly A[], others: readonly B[]) =>
  some.flatMap((a) => others.map((b) => [a, b] as const))

type Cell = { department: string; purpose: string; type: string; region: string }

const CELLS: Cell[] = pairs(pairs(DEPARTMENTS, PURPOSES), pairs(TYPES, REGIONS)).map(
  ([[department, purpose], [type, region]]) => ({ department, purpose, type, region }),
)

function ask({ department, purpose, type, region }: Cell, asked: object = {}) {
  const number = numbers.get(`${type} ${region}`)
  const request = { license: { type, number }, purpose, caseRef: 'MATRIX-1', ...asked }
  return served.post('/v1/verifications', request, headers.get(department) as never)
}

/** What is granted, told apart from how the service finds it: straight from the terms above. */
function granted({ department, purpose, type, region }: Cell, use: string, field: string) {
  const covering = AGREEMENTS.map((changes) => agreementOf('none', changes).entry).filter(
    (terms) =>
      terms.departmentId === department &&
      terms.purpose === purpose &&
      terms.state === 'active' &&
      terms.validUntil === null &&
      (terms.licenseTypes.includes('*') || terms.licenseTypes.includes(type)) &&
      terms.regions.some((wider) => regionCovers(wider, region)),
  )
  const isPublic = findLicenseType(type)?.classification[field] === 'public'
  const lists = (fields: readonly string[]) =>
    fields.includes(field) || (isPublic && fields.includes('*'))
  const grants = covering.some(
    ({ disclose, match }) => lists(disclose) || (use === 'match' && lists(match)),
  )
  return { covered: covering.length > 0, grants }
}

/** Asks for one field as one use, and compares with the terms. */
async function check(cell: Cell, use: (typeof USES)[number], field: string) {
  const asked = use === 'match' ? { match: { [field]: 'x' } } : { disclose: [field] }
  const { code, body } = await ask(cell, asked)
  const name = JSON.stringify({ ...cell, use, field })
  const { covered, grants } = granted(cell, use, field)
  expect(code, name).toBe(grants ? 200 : 403)
  if (grants) {
    expect(Object.keys(body[use === 'match' ? 'match' : 'disclosed']), name).toEqual([field])
    return 'answered'
  }
  expect(body.match ?? body.disclosed, name).toBeUndefined()
  const problem = covered ? 'field-not-granted' : 'no-agreement'
  expect(body.type, name).toBe(`urn:lexchange:problem:${problem}`)
  if (covered) expect(body, name).toMatchObject({ field, agreement: expect.any(String) })
  return problem
}

describe('agreements', () => {
  it('grant every cell of department, purpose, type, region and field, and none beyond', async () => {
    const outcomes = []
    for (const [cell, [use, field]] of pairs(CELLS, pairs(USES, FIELDS)))
      if (Object.hasOwn(findLicenseType(cell.type)?.classification ?? {}, field))
        outcomes.push(await check(cell, use, field))
    // All three happen, or the matrix would prove nothing.
    const counts = Object.groupBy(outcomes, (outcome) => outcome)
    for (const outcome of ['answered', 'field-not-granted', 'no-agreement'] as const)
      expect(counts[outcome]?.length, outcome).toBeGreaterThan(10)
  })

  it('hold from and until the second that DIRECTORY says', async () => {
    const cell = { department: 'customs', purpose: 'tendering', type: 'business-license' }
    const place = { ...cell, region: '440300' }
    expect((await ask(place)).code).toBe(403)
    const resumed = { ...AGREEMENTS[3], state: 'active' as const, revision: 2 }
    await served.streams.enter(agreementOf('none', resumed))
    await waitFor(async () => (await ask(place)).code === 200, { timeout: 1_000 })
    expect((await ask(place)).body.agreement).toBe('d')
    await served.streams.enter(agreementOf('none', { ...resumed, state: 'ended', revision: 3 }))
    await waitFor(async () => (await ask(place)).code === 403, { timeout: 1_000 })
  })

  it('grant nothing to a client that is no department', async () => {
    const authorization = await served.tokens.headerFor({
      ...{ clientId: 'shenzhen-authority', kind: 'authority', authorityId: 'shenzhen' },
      scopes: ['license:verify'],
    })
    headers.set('authority', { authorization })
    const { code, body } = await ask({ ...(CELLS[0] as Cell), department: 'authority' })
    expect(code).toBe(403)
    expect(body.type).toBe('urn:lexchange:problem:no-agreement')
  })
})
