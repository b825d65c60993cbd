import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { expectAgreement } from './agreement.ts'
import { type Acknowledged, type Load, startChecks, startLoad } from './load.ts'
import { type System, startSystem } from './system.ts'
import { waitFor } from './wait-for.ts'

const KILLS = 3
let system: System
let load: Load
let checks: ReturnType<typeof startChecks>

beforeAll(async () => {
  system = await startSystem()
}, 180_000)

afterAll(() => system?.stop(), 60_000)

function startTraffic() {
  load = startLoad(system.clients)
  checks = startChecks(system.clients, () => load.licenses.at(-1)?.number)
}

async function stopTraffic() {
  await Promise.all([load.stop(), checks.stop()])
}

/** Load goes on for another number of acknowledged changes. */
async function moreChanges(count: number): Promise<void> {
  const before = load.acknowledged()
  await waitFor(() => load.acknowledged() >= before + count, `${count} more changes`, 60)
}

afterEach(() => stopTraffic())

describe('kill -9 under load', () => {
  it.each(['issuer', 'registry', 'verification'] as const)(
    'of the %s loses nothing that was acknowledged and applies nothing twice',
    async (name) => {
      startTraffic()
      for (let kill = 0; kill < KILLS; kill++) {
        await moreChanges(30)
        await system.kill(name)
        await system.ready(name)
      }
      await moreChanges(30)
      await stopTraffic()
      await expectAgreement(system.clients, load.licenses)
    },
    180_000,
  )
})

describe('NATS stopped for 20 seconds', () => {
  it('lets issuing and checks go on, and all agree afterwards', async () => {
    startTraffic()
    await moreChanges(20)
    const refusedBefore = total(load)
    await system.processes.nats.stop()
    const failedBefore = checks.counts.failed
    const stoppedAt = Date.now()
    const before = load.acknowledged()
    await waitFor(() => Date.now() - stoppedAt > 20_000, 'the outage to be over')
    expect(load.acknowledged()).toBeGreaterThan(before)
    expect(checks.counts.failed).toBe(failedBefore)
    expect(total(load)).toBe(refusedBefore)
    const { number } = load.licenses[0] as Acknowledged
    const check = await system.status(number, 'food-operation-permit')
    expect(check.stale).toBe(true)
    await system.processes.nats.start()
    await moreChanges(20)
    await stopTraffic()
    await expectAgreement(system.clients, load.licenses)
    const fresh = async () => !(await system.status(number, 'food-operation-permit')).stale
    await waitFor(fresh, 'answers that are not stale')
  }, 180_000)
})

describe('PostgreSQL killed and restarted', () => {
  it('is answered with 503, leaves checks alone, and loses nothing', async () => {
    startTraffic()
    for (let kill = 0; kill < KILLS; kill++) {
      await moreChanges(20)
      const failedBefore = checks.counts.failed
      await system.kill('postgres')
      await system.ready('postgres')
      await moreChanges(20)
      expect(checks.counts.failed).toBe(failedBefore)
    }
    await stopTraffic()
    for (const status of load.refusals.keys()) expect([503, 'network', 409]).toContain(status)
    await expectAgreement(system.clients, load.licenses)
  }, 180_000)
})

function total({ refusals }: Load): number {
  return [...refusals.values()].reduce((sum, count) => sum + count, 0)
}
