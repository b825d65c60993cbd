import { waitFor } from '@lexchange/testing'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { sql } from 'kysely'
import { v7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { issuance, messagesOf, publish } from '../../test/issuances.ts'
import { encryptionKeyOf, erasure, seal, sealedIssuance, tablesWith } from '../../test/sealing.ts'
import { startRegistry, type TestRegistry } from '../../test/start-registry.ts'

let registry: TestRegistry

beforeAll(async () => {
  registry = await startRegistry()
  await waitFor(async () => (await encryptionKeyOf(registry)) !== undefined)
})
afterAll(() => registry.stop())

const SUBJECT = 'issuance.440300.business-license.claims-erased'
const claims = { contactPhone: '+8675599990002' }

const applied = (licenseId: string, version: number) =>
  waitFor(async () => {
    const row = await registry.db
      .selectFrom('entry')
      .select('version')
      .where('id', '=', licenseId)
      .executeTakeFirst()
    return row?.version === version
  })

const parked = () =>
  registry.db.selectFrom('parked_event').select(['reason', 'message']).orderBy('id').execute()

const announceErasure = (event: ReturnType<typeof erasure>) =>
  jetstream(registry.nats).publish(SUBJECT, JSON.stringify(event))

const isErased = async (licenseId: string) =>
  (
    await registry.db
      .selectFrom('data_key')
      .select('erased_at')
      .where('license_id', '=', licenseId)
      .executeTakeFirst()
  )?.erased_at != null

const notes = (licenseId: string) =>
  registry.db
    .selectFrom('sealed_message')
    .select(['stream', 'sequence'])
    .where('license_id', '=', licenseId)
    .execute()

/** Types of the events of a license that a stream still holds. */
const left = async (stream: string, licenseId: string) =>
  (await messagesOf(registry.nats, stream))
    .filter(({ event }) => JSON.stringify(event).includes(licenseId))
    .map(({ event }) => event.type)

async function issueSealed(licenseId = v7()) {
  const event = await sealedIssuance(registry, 'issued', 1, licenseId, claims)
  await publish(registry.nats, event)
  await applied(licenseId, 1)
  await waitFor(async () => (await notes(licenseId)).length === 2)
  return { licenseId, jwe: event.data.sealedClaims as string }
}

describe('applyErasure', () => {
  it('leaves neither key nor ciphertext, in tables or streams, and leaves the license', async () => {
    const { licenseId, jwe } = await issueSealed()
    const other = await issueSealed()
    const [key] = await registry.db
      .selectFrom('data_key')
      .select('wrapped')
      .where('license_id', '=', licenseId)
      .execute()
    // One comes too early and waits; two are forged and parked, one of them in another license's name.
    const early = await sealedIssuance(registry, 'amended', 3, licenseId, claims)
    const forged = await seal(await encryptionKeyOf(registry), claims, licenseId, 9)
    const inOthersName = { licenseId: other.licenseId, sealedClaims: forged }
    const before = (await parked()).length
    await publish(registry.nats, early)
    await publish(registry.nats, issuance('amended', 2, { licenseId, sealedClaims: forged }))
    await publish(registry.nats, issuance('amended', 2, inOthersName))
    // Known already, but the stream holds it once more.
    await publish(registry.nats, {
      ...issuance('issued', 1, { licenseId, sealedClaims: jwe }),
    })
    await waitFor(async () => (await parked()).length === before + 2)
    await waitFor(async () => (await notes(licenseId)).length === 6)
    const places = await notes(licenseId)
    const texts = [forged, String(early.data.sealedClaims), key?.wrapped ?? 'none']
    for (const text of texts) expect(await tablesWith(registry, text), text).not.toEqual([])

    await announceErasure(erasure(licenseId))
    await waitFor(() => isErased(licenseId))
    const hashes = registry.db.selectFrom('claim_hash').select('hash')
    expect(await hashes.where('license_id', '=', licenseId).execute()).toEqual([])
    expect(await hashes.where('license_id', '=', other.licenseId).execute()).toHaveLength(1)
    await waitFor(async () => (await notes(licenseId)).length === 0)
    for (const text of texts) expect(await tablesWith(registry, text), text).toEqual([])
    const { streams } = await jetstreamManager(registry.nats)
    for (const { stream, sequence } of places)
      expect(await streams.getMessage(stream, { seq: Number(sequence) })).toBeNull()
    await waitFor(async () =>
      (await left('SEALED', licenseId)).includes('lexchange.sealed-claims.erased.v1'),
    )
    expect(await left('SEALED', licenseId)).toEqual(['lexchange.sealed-claims.erased.v1'])
    expect(await left('ISSUANCE', licenseId)).toEqual(['lexchange.license.claims-erased.v1'])
    // The other license has all that it had.
    expect(await left('SEALED', other.licenseId)).toEqual(['lexchange.sealed-claims.stored.v1'])
    expect((await left('ISSUANCE', other.licenseId))[0]).toBe('lexchange.license.issued.v1')

    // Life goes on, also for what was held.
    await publish(registry.nats, issuance('amended', 2, { licenseId }))
    await applied(licenseId, 3)
    expect(await left('SEALED', licenseId)).toEqual(['lexchange.sealed-claims.erased.v1'])
    const answer = await registry.app.inject({
      url: '/v1/snapshots/sealed-claims',
      headers: { authorization: await registry.service() },
    })
    const lines = answer.body.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toContainEqual({
      ...{ licenseId, dataKey: null, versions: [] },
    })
  })

  it('is for nobody but the authority of the license', async () => {
    const { licenseId } = await issueSealed()
    const before = (await parked()).length
    const source = '/authorities/national'
    await announceErasure({ ...erasure(licenseId, { authorityId: 'national' }), source })
    await announceErasure({ ...erasure(licenseId), source })
    await announceErasure({ ...erasure(licenseId), subject: v7() })
    await waitFor(async () => (await parked()).length === before + 3)
    expect((await parked()).slice(before).map(({ reason }) => reason)).toEqual(
      Array(3).fill('event-inconsistent'),
    )
    expect(await isErased(licenseId)).toBe(false)
  })

  it('erases what comes after it, and the same once more', async () => {
    const { licenseId } = await issueSealed()
    await announceErasure(erasure(licenseId))
    await announceErasure(erasure(licenseId))
    await publish(registry.nats, await sealedIssuance(registry, 'amended', 2, licenseId, claims))
    await applied(licenseId, 2)
    await waitFor(async () => (await notes(licenseId)).length === 0)
    expect(await left('ISSUANCE', licenseId)).toEqual(
      Array(2).fill('lexchange.license.claims-erased.v1'),
    )
  })

  it('is done with the streams once they are back, and spares what took the place of a message', async () => {
    const { licenseId } = await issueSealed()
    const other = await issueSealed()
    const places = await notes(licenseId)
    await registry.natsServer.kill()
    await sql`update data_key set wrapped = null, key_id = null, erased_at = now()
      where license_id = ${licenseId}`.execute(registry.db)
    // As after a stream was made anew: a note names a message of another license, or none at all.
    const [wrong] = await notes(other.licenseId)
    for (const sequence of [wrong?.sequence ?? '', '999999'])
      await registry.db
        .insertInto('sealed_message')
        .values({ license_id: licenseId, stream: wrong?.stream ?? '', sequence })
        .execute()
    await registry.natsServer.start()
    await waitFor(async () => (await notes(licenseId)).length === 0, { timeout: 20_000 })
    const { streams } = await jetstreamManager(registry.nats)
    for (const { stream, sequence } of places)
      expect(await streams.getMessage(stream, { seq: Number(sequence) })).toBeNull()
    expect(
      await streams.getMessage(wrong?.stream ?? '', { seq: Number(wrong?.sequence) }),
    ).not.toBeNull()
  })
})
