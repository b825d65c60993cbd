import { randomInt } from 'node:crypto'
import { type ApiAnswer, callerFor, syntheticUscc } from '@lexchange/local'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { filesWith, formsOf } from './find-token.ts'
import { type System, startSystem } from './system.ts'
import { waitFor } from './wait-for.ts'

/** Stands in every personal and secret claim. */
const SENSITIVE = digits()
/** Stands in a public claim, to show that the search finds what is there. */
const PUBLIC = digits()

const TYPE = 'business-license'

let system: System
/** What clients were answered that are granted no personal or secret field. */
const answers: string[] = []
const disclosed: unknown[] = []

function digits(): string {
  return `${randomInt(100_000, 999_999)}${randomInt(100_000, 999_999)}`
}

const sensitive = {
  legalRepresentativeId: `ID${SENSITIVE}`,
  contactPhone: `+86${SENSITIVE}`,
  beneficialOwners: [`Owner ${SENSITIVE}`],
  settlementAccount: `ACC${SENSITIVE}`,
}

function application(uscc: string) {
  return {
    type: TYPE,
    holder: { kind: 'enterprise', uscc, name: `Sentinel ${uscc}` },
    validFrom: '2026-01-01T00:00:00.000Z',
    claims: {
      name: `Sentinel ${uscc}`,
      enterpriseType: 'limited-liability-company',
      legalRepresentative: '示例',
      registeredCapital: { amount: '1000.00', currency: 'CNY' },
      establishedOn: '2000-01-01',
      businessScope: `Scope ${PUBLIC}`,
      domicile: '示例路 1 号',
      ...sensitive,
    },
  }
}

beforeAll(async () => {
  system = await startSystem()
  const uscc = syntheticUscc('440300')
  await issueAndChange(uscc)
  await check(uscc)
  await system.halt()
}, 240_000)

afterAll(() => system?.stop(), 60_000)

/** Calls whose answers must hold no sentinel. */
function outsider(clientId: string) {
  const caller = callerFor(system.clients, clientId)
  return async (method: string, url: string, body?: unknown): Promise<ApiAnswer<unknown>> => {
    const answer = await caller.call<unknown>(method, url, body)
    answers.push(`${clientId} ${method} ${url} ${JSON.stringify(answer.body)}`)
    return answer
  }
}

async function issueAndChange(uscc: string): Promise<void> {
  const { issuer } = system.clients.services
  const shenzhen = callerFor(system.clients, 'shenzhen-authority')
  const beijing = outsider('beijing-authority')
  const key = { 'idempotency-key': 'sentinel-1' }
  const send = () => shenzhen.call('POST', `${issuer}/v1/licenses`, application(uscc), key)
  let issued = await send()
  // The key that claims are encrypted for may still be on its way from the registry.
  await waitFor(async () => {
    issued = await send()
    return issued.status === 201
  }, 'a license')
  const replayed = await send()
  expect(replayed.headers.get('idempotency-replayed')).toBe('true')
  const { id } = (issued.body as { license: { id: string } }).license
  for (const [verb, body] of [
    ['suspend', { reason: 'sentinel' }],
    ['reinstate', { reason: 'sentinel' }],
    ['amend', { reason: 'sentinel', claims: { contactPhone: `+85${SENSITIVE}` } }],
    // Refused, with claims that no license may have.
    ['amend', { reason: 'sentinel', claims: { contactPhone: `no phone ${SENSITIVE}` } }],
  ] as const) {
    const answer = await shenzhen.call('POST', `${issuer}/v1/licenses/${id}/${verb}`, body)
    expect([200, 422], `${verb} ${JSON.stringify(answer.body)}`).toContain(answer.status)
  }
  await shenzhen.call('GET', `${issuer}/v1/licenses/${id}/credential`).catch(() => {})
  await beijing('GET', `${issuer}/v1/licenses/${id}`)
  await importOne(syntheticUscc('440300'))
}

async function importOne(uscc: string): Promise<void> {
  const { issuer } = system.clients.services
  const national = callerFor(system.clients, 'national-administration')
  const broken = {
    ...application(uscc),
    holder: { kind: 'enterprise', uscc: 'none', name: 'x' },
  }
  const lines = [application(uscc), broken].map((row) => JSON.stringify(row)).join('\n')
  const url = `${issuer}/v1/imports`
  const accepted = await national.call<{ id: string }>('POST', `${url}?type=${TYPE}`, `${lines}\n`)
  expect(accepted.status).toBe(202)
  await waitFor(async () => {
    const job = await national.call<{ state: string }>('GET', `${url}/${accepted.body.id}`)
    return job.body.state === 'done'
  }, 'the import')
}

async function check(uscc: string): Promise<void> {
  const { verification, registry, issuer } = system.clients.services
  const tax = callerFor(system.clients, 'tax-department')
  const finance = outsider('finance-department')
  const tendering = outsider('tendering-department')
  const administrator = outsider('administrator-1')
  const license = { type: TYPE, number: uscc }
  const asked = (purpose: string) => ({ license, purpose, caseRef: 'S-1' })
  const verifications = `${verification}/v1/verifications`
  const url = `${verification}/v1/licenses/${TYPE}/${uscc}/status`
  await waitFor(
    async () => (await tendering('GET', url)).status === 200 && (await versionOf(url)) === 4,
    'version 4',
  )
  const phone = await tax.call('POST', verifications, {
    ...asked('tax'),
    disclose: ['contactPhone'],
  })
  disclosed.push(phone.body)
  const settlementAccount = sensitive.settlementAccount
  disclosed.push(
    (await finance('POST', verifications, { ...asked('finance'), match: { settlementAccount } }))
      .body,
  )
  for (const field of Object.keys(sensitive)) {
    const value = sensitive[field as keyof typeof sensitive]
    await tendering('POST', verifications, { ...asked('tendering'), disclose: [field] })
    await tendering('POST', verifications, { ...asked('tendering'), match: { [field]: value } })
  }
  // Broken in ways that an answer, or a log, might repeat.
  await tendering('POST', verifications, { ...asked('tendering'), [`no ${'member'}`]: 1 })
  await tendering('POST', `${verifications}/batch`, {
    items: [asked('tendering'), { ...asked('tendering'), disclose: ['contactPhone'] }],
  })
  const found = await tendering('GET', `${registry}/v1/licenses?holder=${uscc}`)
  const [{ id } = { id: '' }] = (found.body as { items: { id: string }[] }).items
  await tendering('GET', `${registry}/v1/licenses/${id}`)
  await tendering('GET', `${registry}/v1/licenses/${id}/history`)
  await administrator('GET', `${registry}/v1/agreements`)
  for (const service of [verification, registry, issuer])
    answers.push(await (await fetch(`${service}/metrics`)).text())
}

async function versionOf(url: string): Promise<number | null> {
  const caller = callerFor(system.clients, 'tendering-department')
  return (await caller.call<{ version: number | null }>('GET', url)).body.version
}

describe('personal and secret claims', () => {
  it('are disclosed and matched where an agreement grants it', () => {
    expect(disclosed).toMatchObject([
      { agreement: 'tax', disclosed: { contactPhone: `+85${SENSITIVE}` } },
      { agreement: 'finance', match: { settlementAccount: true } },
    ])
  })

  it('are in no answer to a client without a grant', () => {
    expect(answers.length).toBeGreaterThan(15)
    const forms = formsOf(SENSITIVE)
    const leaks = answers.filter((text) => forms.some((form) => Buffer.from(text).includes(form)))
    expect(leaks).toEqual([])
  })

  it('are in no byte of the state: databases and their WAL, the broker, LMDB, access records, logs', () => {
    expect(filesWith(system.folder, SENSITIVE)).toEqual([])
    expect(filesWith(system.processes.postgres.dataFolder, SENSITIVE)).toEqual([])
  })

  it('would be found if they were there, as public claims are', () => {
    expect(filesWith(system.processes.postgres.dataFolder, PUBLIC)).not.toEqual([])
    const files = filesWith(system.folder, PUBLIC)
    for (const place of ['data/nats', 'data/verification'])
      expect(
        files.some((file) => file.startsWith(place)),
        place,
      ).toBe(true)
  })
})
