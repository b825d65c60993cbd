import { callerFor, runTour, verifyConsistency } from '@lexchange/local'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { foodPermit } from './load.ts'
import { type System, startSystem } from './system.ts'
import { waitFor } from './wait-for.ts'

let system: System

beforeAll(async () => {
  system = await startSystem()
}, 180_000)

afterAll(() => system?.stop(), 60_000)

async function tour(): Promise<string[]> {
  const lines: string[] = []
  await runTour({ clientsFile: system.clientsFile, log: (line) => lines.push(line) })
  return lines
}

describe('the tour', () => {
  it('shows the main job: import, issue, check, suspend, reinstate, revoke, the past', async () => {
    const lines = await tour()
    expect(lines.join('\n')).toContain('24 imported, 0 rejected')
    for (const words of [
      'check says valid active',
      'check says invalid suspended',
      'check says invalid revoked',
      '1 issued, 2 suspended, 3 reinstated, 4 revoked',
      'valid, disclosed contactPhone',
      'it holds: valid for TOUR-2',
      'invalid revoked; invalid revoked; invalid status-invalid',
      '200, valid; a second time 410',
      'contactPhone: Tax Department, for tax',
      'found by the rule enumeration',
      'its next check: 403',
    ])
      expect(lines.join('\n')).toContain(words)
  })

  it('runs again over what is there already', async () => {
    expect((await tour()).join('\n')).toContain('0 imported, 24 rejected')
  })

  it('leaves issuer, registry and verification agreeing', async () => {
    const { licenses, differences } = await verifyConsistency(system.clients)
    expect(differences).toEqual([])
    expect(licenses).toBe(27)
  })
})

describe('a token', () => {
  it('is good at every service, and only for its scopes', async () => {
    const { services } = system.clients
    const tendering = callerFor(system.clients, 'tendering-department')
    const shenzhen = callerFor(system.clients, 'shenzhen-authority')
    const status = `${services.verification}/v1/licenses/business-license/914403001922038216/status`
    expect((await tendering.call('GET', status)).status).toBe(200)
    expect((await shenzhen.call('GET', status)).status).toBe(403)
    expect((await tendering.call('POST', `${services.issuer}/v1/licenses`, {})).status).toBe(403)
    const nobody = await fetch(`${services.issuer}/v1/licenses/not-an-id`)
    expect(nobody.status).toBe(401)
  })
})

describe('a suspended department', () => {
  it('is refused at verification, and let in again', async () => {
    const { services } = system.clients
    const administrator = callerFor(system.clients, 'administrator-1')
    const finance = callerFor(system.clients, 'finance-department')
    const status = `${services.verification}/v1/licenses/business-license/914403001922038216/status`
    const department = `${services.registry}/v1/departments/finance`
    expect((await finance.call('GET', status)).status).toBe(200)
    expect((await administrator.call('PATCH', department, { state: 'suspended' })).status).toBe(200)
    await waitFor(async () => (await finance.call('GET', status)).status === 403, 'the refusal')
    expect((await administrator.call('PATCH', department, { state: 'active' })).status).toBe(200)
    await waitFor(async () => (await finance.call('GET', status)).status === 200, 'the return')
  })
})

describe('a license that ends', () => {
  it('is expired at once for checks, and announced once', async () => {
    const { services } = system.clients
    const shenzhen = callerFor(system.clients, 'shenzhen-authority')
    const validUntil = new Date(Date.now() + 2_000).toISOString()
    const number = `JY${Date.now()}`
    const issued = await shenzhen.call<{ license: { id: string } }>(
      'POST',
      `${services.issuer}/v1/licenses`,
      foodPermit({ number, validUntil }),
    )
    expect(issued.status).toBe(201)
    const { id } = issued.body.license
    await waitFor(
      async () => (await system.status(number, 'food-operation-permit')).status === 'expired',
      'expiry',
      10,
    )
    await waitFor(async () => (await system.streamedOf(id)).includes('expired'), 'the announcement')
    await system.kill('issuer')
    await system.ready('issuer')
    const again = await shenzhen.call(
      'POST',
      `${services.issuer}/v1/licenses`,
      foodPermit({ number }),
    )
    expect(again.status).toBe(201)
    await waitFor(
      async () => (await system.status(number, 'food-operation-permit')).status === 'active',
      'the successor',
      10,
    )
    expect(await system.streamedOf(id)).toEqual(['issued', 'expired'])
  })
})
