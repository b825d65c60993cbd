import { issuanceEvents } from '@lexchange/contracts'
import { Compile } from 'typebox/compile'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { application } from '../../test/applications.ts'
import { startIssuer, type TestIssuer } from '../../test/start-issuer.ts'
import { expireLicenses } from './index.ts'

const MINUTE = 60_000

let issuer: TestIssuer

beforeAll(async () => {
  issuer = await startIssuer()
})
afterAll(() => issuer.stop())
beforeEach(() => {
  issuer.clock.offset = 0
})

async function issuedUntil(validUntil: string | null) {
  const { body } = await issuer.post('/v1/licenses', application({ validUntil }))
  return body.license.id as string
}

const soon = () => new Date(Date.now() + MINUTE).toISOString()
const command = (id: string, verb: string) =>
  issuer.post(`/v1/licenses/${id}/${verb}`, { reason: verb })

describe('expireLicenses', () => {
  it('announces the end once, when it has come, without a new version', async () => {
    const validUntil = soon()
    const id = await issuedUntil(validUntil)
    const endless = await issuedUntil(null)
    expect(await expireLicenses(issuer.deps)).toBe(0)
    issuer.clock.offset = 2 * MINUTE
    expect(await expireLicenses(issuer.deps)).toBe(1)
    expect(await expireLicenses(issuer.deps)).toBe(0)
    const [, { natsSubject, ...event } = { natsSubject: '' }] = await issuer.eventsOf(id)
    expect(natsSubject).toBe('issuance.440300.business-license.expired')
    expect(Compile(issuanceEvents.expired.message).Errors(event)).toEqual([])
    expect(event).toMatchObject({
      type: 'lexchange.license.expired.v1',
      sequence: '2',
      data: { version: 1, status: 'active', effectiveAt: validUntil, by: 'issuer', reason: null },
    })
    expect(await issuer.eventsOf(endless)).toHaveLength(1)
    expect((await issuer.get(`/v1/licenses/${id}`)).body.license).toMatchObject({
      status: 'expired',
      version: 1,
    })
  })

  it('leaves what was revoked or cancelled, and announces what is suspended', async () => {
    const [revoked, cancelled, suspended] = [
      await issuedUntil(soon()),
      await issuedUntil(soon()),
      await issuedUntil(soon()),
    ]
    await command(revoked, 'revoke')
    await command(cancelled, 'cancel')
    await command(suspended, 'suspend')
    issuer.clock.offset = 2 * MINUTE
    expect(await expireLicenses(issuer.deps)).toBe(1)
    expect((await issuer.eventsOf(suspended)).at(-1)).toMatchObject({
      sequence: '3',
      data: { version: 2, status: 'suspended' },
    })
  })

  it('announces each once with two replicas and small batches', async () => {
    const ids: string[] = []
    for (let index = 0; index < 12; index++) ids.push(await issuedUntil(soon()))
    issuer.clock.offset = 2 * MINUTE
    const drain = async () => {
      let count = 0
      for (
        let done = await expireLicenses(issuer.deps, 3);
        done > 0;
        done = await expireLicenses(issuer.deps, 3)
      )
        count += done
      return count
    }
    const counts = await Promise.all([drain(), drain()])
    expect(counts[0] + counts[1]).toBe(12)
    for (const id of ids) expect(await issuer.eventsOf(id)).toHaveLength(2)
  })

  it('changes nothing when it fails in the middle, and does it the next time', async () => {
    const id = await issuedUntil(soon())
    issuer.clock.offset = 2 * MINUTE
    const newId = () => {
      throw new Error('killed')
    }
    await expect(expireLicenses({ ...issuer.deps, newId })).rejects.toThrow('killed')
    expect(await issuer.eventsOf(id)).toHaveLength(1)
    expect(await expireLicenses(issuer.deps)).toBe(1)
  })

  it('is final even where the clock of a command is behind', async () => {
    const id = await issuedUntil(soon())
    issuer.clock.offset = 2 * MINUTE
    await expireLicenses(issuer.deps)
    issuer.clock.offset = 0
    expect((await command(id, 'revoke')).body).toMatchObject({
      status: 409,
      currentStatus: 'expired',
    })
  })
})
