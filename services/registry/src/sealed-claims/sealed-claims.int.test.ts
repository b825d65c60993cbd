import { createFileKeyEncryption, openValue } from '@lexchange/encryption'
import { waitFor } from '@lexchange/testing'
import { jetstream } from '@nats-io/jetstream'
import { exportJWK, generateKeyPair } from 'jose'
import { v7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { issuance, messagesOf, publish } from '../../test/issuances.ts'
import {
  encryptionKeyOf,
  publicClaims,
  seal,
  sealedIssuance,
  tablesWith,
} from '../../test/sealing.ts'
import { startRegistry, type TestRegistry } from '../../test/start-registry.ts'
import { createClaimVault, findByClaimHash } from './index.ts'
import { rotateEncryptionKey } from './rotate-encryption-key.ts'

const PHONE = '+8675599990001'
const ACCOUNT = 'MARKER4711ACCOUNT'

let registry: TestRegistry

beforeAll(async () => {
  registry = await startRegistry()
  await waitFor(async () => (await encryptionKeyOf(registry)) !== undefined)
})
afterAll(() => registry.stop())

const versionOf = async (licenseId: string) =>
  (
    await registry.db
      .selectFrom('entry')
      .select('version')
      .where('id', '=', licenseId)
      .executeTakeFirst()
  )?.version

const applied = (licenseId: string, version: number) =>
  waitFor(async () => (await versionOf(licenseId)) === version)

const inStream = async (stream: string, licenseId: string) =>
  (await messagesOf(registry.nats, stream))
    .map(({ event }) => event as { subject: string; type: string; data: Record<string, never> })
    .filter(({ subject }) => subject === licenseId)

const parked = () =>
  registry.db.selectFrom('parked_event').select(['reason', 'detail']).orderBy('id').execute()

async function snapshot(of: string, authorization: string) {
  const url = `/v1/snapshots/${of}`
  const answer = await registry.app.inject({ url, headers: { authorization } })
  const lines = answer.body.split('\n').filter((line) => line !== '')
  return { answer, lines: answer.statusCode === 200 ? lines.map((line) => JSON.parse(line)) : [] }
}

const issueSealed = async (
  claims: unknown = { contactPhone: PHONE, settlementAccount: ACCOUNT },
) => {
  const licenseId = v7()
  await publish(registry.nats, await sealedIssuance(registry, 'issued', 1, licenseId, claims))
  await applied(licenseId, 1)
  return licenseId
}

describe('storeSealedClaims', () => {
  it('announces a public key for issuers in the directory, and nothing of the private one', async () => {
    const find = async () =>
      (await messagesOf(registry.nats, 'DIRECTORY')).find(
        ({ subject }) => subject === 'directory.key.registry-encryption',
      )
    await waitFor(async () => (await find()) !== undefined)
    const { event } = (await find()) as unknown as {
      event: { data: { issuer: string; jwks: unknown } }
    }
    expect(event.data).toMatchObject({
      issuer: registry.base,
      jwks: { keys: [{ kty: 'EC', crv: 'P-256', use: 'enc', alg: 'ECDH-ES+A256KW' }] },
    })
    expect(JSON.stringify(event.data)).not.toContain('"d"')
  })

  it('keeps claims only encrypted, and tells SEALED and LICENSES so', async () => {
    const licenseId = await issueSealed()
    await waitFor(async () => (await inStream('LICENSES', licenseId)).length === 1)
    const [license] = await inStream('LICENSES', licenseId)
    expect(license?.data).toMatchObject({ sealed: true, claims: publicClaims })
    const [stored] = await inStream('SEALED', licenseId)
    const { dataKey, fields } = (stored as { data: unknown }).data as {
      dataKey: string
      fields: Record<string, string>
    }
    const keys = createFileKeyEncryption(registry.keyring.path)
    const key = await keys.unwrap(dataKey, licenseId)
    const open = (field: string) =>
      openValue(key, { licenseId, version: 1, field }, fields[field] ?? '')
    expect(Object.keys(fields)).toEqual(['contactPhone', 'settlementAccount'])
    expect([open('contactPhone'), open('settlementAccount')]).toEqual([PHONE, ACCOUNT])
    // The search finds what it looks for, so that it finds nothing below means something.
    expect(await tablesWith(registry, 'Company')).toContain('entry_version')
    for (const marker of [PHONE.slice(1), ACCOUNT, key.toString('base64').slice(0, 40)])
      expect(await tablesWith(registry, marker)).toEqual([])
    for (const stream of ['LICENSES', 'SEALED', 'DIRECTORY', 'ISSUANCE'])
      expect(JSON.stringify(await messagesOf(registry.nats, stream))).not.toContain(ACCOUNT)
  })

  it('gives all versions one data key, and shows them to services in the snapshot', async () => {
    const licenseId = await issueSealed()
    const second = await sealedIssuance(registry, 'amended', 2, licenseId, { contactPhone: PHONE })
    await publish(registry.nats, second)
    await publish(registry.nats, issuance('amended', 3, { licenseId, claims: publicClaims }))
    await applied(licenseId, 3)
    await waitFor(async () => (await inStream('SEALED', licenseId)).length === 2)
    expect(
      new Set((await inStream('SEALED', licenseId)).map(({ data }) => data.dataKey)).size,
    ).toBe(1)
    const { answer, lines } = await snapshot('sealed-claims', await registry.service())
    expect(answer.headers).toMatchObject({
      'lexchange-position': String((await messagesOf(registry.nats, 'SEALED')).length),
      'lexchange-licenses': String(lines.length),
    })
    expect(lines.map((line) => line.licenseId)).toEqual(lines.map((line) => line.licenseId).sort())
    const line = lines.find((each) => each.licenseId === licenseId)
    expect(line.versions.map(({ version }: { version: number }) => version)).toEqual([1, 2])
    const licenses = await snapshot('licenses', await registry.admin())
    const shown = licenses.lines.find((each) => each.licenseId === licenseId)
    expect(shown.versions.map((each: { sealed?: true }) => each.sealed)).toEqual([
      true,
      true,
      undefined,
    ])
  })

  it('gives the snapshot of sealed claims to nobody but services', async () => {
    const { answer } = await snapshot('sealed-claims', await registry.admin())
    expect([answer.statusCode, answer.json().type]).toEqual([
      403,
      'urn:lexchange:problem:service-client-required',
    ])
  })

  it('parks what is sealed for another license, version or key, or is not what it should be', async () => {
    const key = await encryptionKeyOf(registry)
    const before = (await parked()).length
    const other = v7()
    const claims = { contactPhone: PHONE }
    const { publicKey } = await generateKeyPair('ECDH-ES+A256KW', { crv: 'P-256' })
    const foreign = { ...(await exportJWK(publicKey)), kid: key.kid as string }
    const good = await seal(key, claims, other, 1)
    const forgeries: ((id: string) => Promise<string>)[] = [
      async () => good,
      (id) => seal(key, claims, id, 2),
      (id) => seal(foreign, claims, id, 1),
      (id) => seal({ ...key, kid: 'unknown' }, claims, id, 1),
      async () => 'no JWE',
      (id) => seal(key, { name: 'Another' }, id, 1),
      (id) => seal(key, { unknownClaim: 1 }, id, 1),
      (id) => seal(key, { contactPhone: ACCOUNT }, id, 1),
      (id) => seal(key, ACCOUNT, id, 1),
      (id) => seal(key, [ACCOUNT], id, 1),
    ]
    const ids = forgeries.map(() => v7())
    for (const [index, forge] of forgeries.entries()) {
      const licenseId = ids[index] as string
      const sealedClaims = await forge(licenseId)
      await publish(
        registry.nats,
        issuance('issued', 1, { licenseId, claims: publicClaims, sealedClaims }),
      )
    }
    await waitFor(async () => (await parked()).length === before + forgeries.length)
    const found = (await parked()).slice(before)
    expect(new Set(found.map(({ reason }) => reason))).toEqual(new Set(['sealed-claims-invalid']))
    for (const licenseId of ids) expect(await versionOf(licenseId)).toBeUndefined()
    for (const marker of [ACCOUNT, PHONE.slice(1)])
      expect(await tablesWith(registry, marker)).toEqual([])
  })
})

describe('rotateEncryptionKey', () => {
  it('announces a new key, and what was sealed for the old one still opens', async () => {
    const old = await encryptionKeyOf(registry)
    const policy = {
      ...{ keys: createFileKeyEncryption(registry.keyring.path), rotationMs: 1e12 },
      issuer: registry.base,
    }
    await registry.db
      .transaction()
      .execute((trx) => rotateEncryptionKey(trx, policy, 'administrator-1', new Date()))
    const fresh = await encryptionKeyOf(registry)
    expect(fresh.kid).not.toBe(old.kid)
    for (const key of [old, fresh]) {
      const licenseId = v7()
      const sealedClaims = await seal(key, { contactPhone: PHONE }, licenseId, 1)
      const data = { licenseId, claims: publicClaims, sealedClaims }
      await publish(registry.nats, issuance('issued', 1, data))
      await applied(licenseId, 1)
    }
  })
})

describe('findByClaimHash', () => {
  const find = (field: string, value: unknown, type = 'business-license') => {
    const vault = createClaimVault(createFileKeyEncryption(registry.keyring.path))
    return findByClaimHash(registry.db, vault, { type, field, value })
  }

  it('finds licenses by a claim that nobody can read, in any form that matches', async () => {
    const account = `ACCOUNT${Date.now()}`
    const beneficialOwners = ['甲', '乙']
    const licenseId = await issueSealed({ settlementAccount: account, beneficialOwners })
    const found = [{ licenseId, version: 1 }]
    expect(await find('settlementAccount', ` ${account} `)).toEqual(found)
    expect(await find('beneficialOwners', ['乙', '甲'])).toEqual(found)
    expect(await find('settlementAccount', `${account}0`)).toEqual([])
    expect(await find('legalRepresentativeId', account)).toEqual([])
    expect(await find('settlementAccount', account, 'food-operation-permit')).toEqual([])
    expect(await tablesWith(registry, account)).toEqual([])
  })
})

describe('key-encryption keys', () => {
  const metric = async () =>
    (await registry.app.inject('/metrics')).body.match(/^data_keys_to_rewrap\{.*$/gm)

  it('are waited for while they are missing, and followed when they change', async () => {
    const licenseId = await issueSealed()
    const before = (await parked()).length
    await registry.keyring.use('k2')
    const count = await registry.db.selectFrom('data_key').select('license_id').execute()
    await waitFor(
      async () => (await metric())?.[0] === `data_keys_to_rewrap{key_id="k1"} ${count.length}`,
    )
    const claims = { contactPhone: PHONE }
    await publish(registry.nats, await sealedIssuance(registry, 'amended', 2, licenseId, claims))
    const waiting = v7()
    await publish(registry.nats, issuance('issued', 1, { licenseId: waiting }))
    await waitFor(async () => {
      const consumer = await jetstream(registry.nats).consumers.get('ISSUANCE', 'registry-entries')
      return (await consumer.info()).num_ack_pending >= 2
    })
    expect([await versionOf(licenseId), await versionOf(waiting)]).toEqual([1, undefined])
    await registry.keyring.use('k2', 'k1')
    await applied(licenseId, 2)
    await applied(waiting, 1)
    expect((await parked()).length).toBe(before)
    await waitFor(async () => (await metric()) === null)
    // Nothing needs the old one any more.
    await registry.keyring.use('k2')
    const keys = createFileKeyEncryption(registry.keyring.path)
    for (const row of await registry.db.selectFrom('data_key').selectAll().execute())
      expect((await keys.unwrap(row.wrapped ?? '', row.license_id)).length).toBe(32)
    const last = await issueSealed({ settlementAccount: 'LAST1' })
    const vault = createClaimVault(keys)
    const asked = { type: 'business-license', field: 'settlementAccount', value: 'LAST1' }
    expect(await findByClaimHash(registry.db, vault, asked)).toEqual([
      { licenseId: last, version: 1 },
    ])
  })
})
