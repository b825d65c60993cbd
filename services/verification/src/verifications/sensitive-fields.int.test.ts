import { createFileKeyEncryption, type KeyEncryption } from '@lexchange/encryption'
import { findLicenseType } from '@lexchange/license'
import { makeTestFolder, removeTestFolder, waitFor } from '@lexchange/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { agreementOf } from '../../test/agreements.ts'
import { licenseEvent, numbered } from '../../test/license-events.ts'
import { erasedEvent, sealedClaims, sealedEvent } from '../../test/sealed-events.ts'
import { writeKeyring } from '../../test/start-verification.ts'
import { startWithLicense } from '../../test/start-with-license.ts'

const CLAIMS = {
  contactPhone: '+8613800000000',
  settlementAccount: '6222020200112230',
  beneficialOwners: ['李四', '王五'],
}

const folder = makeTestFolder()
let served: Awaited<ReturnType<typeof startWithLicense>>
let keys: KeyEncryption
let licenses = 700

beforeAll(async () => {
  keys = createFileKeyEncryption(await writeKeyring(folder))
  served = await startWithLicense({
    keys,
    // As if a catalogue of ours had a type that persons hold.
    findLicenseType: (code) => {
      const found = findLicenseType(code)
      return found && code === 'food-operation-permit' ? { ...found, holders: ['person'] } : found
    },
  })
  const terms = {
    disclose: ['*', 'contactPhone'],
    match: ['settlementAccount', 'beneficialOwners'],
  }
  await served.streams.enter(agreementOf('tendering', { ...terms, revision: 2 }))
})

afterAll(async () => {
  await served.stop()
  removeTestFolder(folder)
})

/** A license with sealed claims, which come by a stream of their own, or are to come. */
async function issue({ arrived = true, type = 'business-license' } = {}) {
  const license = { ...numbered(++licenses), type, sealed: true as const }
  const position = await served.streams.publish(licenseEvent('issued', license))
  await served.getStatus('any', `?minPosition=${position}`)
  const arrive = async () => {
    const { licenseId = '' } = license
    await served.streams.publish(sealedEvent(await sealedClaims(keys, CLAIMS, { licenseId })))
  }
  if (arrived) await arrive()
  return { license, arrive }
}

function ask({ number, type }: { number?: string; type: string }, asked: object) {
  const request = { license: { type, number }, purpose: 'tendering', caseRef: 'S-1' }
  return served.post('/v1/verifications', { ...request, ...asked })
}

describe('personal and secret fields', () => {
  it('are matched and disclosed as the agreement grants, and not otherwise', async () => {
    const { license } = await issue()
    const { code, body } = await ask(license, {
      match: { settlementAccount: ' 6222020200112230', beneficialOwners: ['王五', '李四'] },
      disclose: ['contactPhone', 'domicile', 'businessScope'],
    })
    expect(code).toBe(200)
    expect(body.match).toEqual({ settlementAccount: true, beneficialOwners: true })
    expect(body.disclosed).toEqual({
      ...{ contactPhone: '+8613800000000', domicile: null, businessScope: '软件开发' },
    })
    const guess = await ask(license, { match: { settlementAccount: '6222020200112231' } })
    expect(guess.body.match).toEqual({ settlementAccount: false })
    for (const field of ['settlementAccount', 'legalRepresentativeId']) {
      const refused = await ask(license, { disclose: [field] })
      expect(refused.code).toBe(403)
      expect(refused.body).toMatchObject({ field, agreement: 'tendering' })
    }
  })

  it('are waited for while they are under way, for a second', async () => {
    const { license, arrive } = await issue({ arrived: false })
    const asking = ask(license, { disclose: ['contactPhone'] })
    await arrive()
    expect((await asking).body.disclosed).toEqual({ contactPhone: '+8613800000000' })
    const late = await issue({ arrived: false })
    const { code, body } = await ask(late.license, { disclose: ['contactPhone'] })
    expect(code).toBe(503)
    expect(body.type).toBe('urn:lexchange:problem:claims-not-arrived')
    // What needs none of them is answered at once.
    expect((await ask(late.license, { disclose: ['name'] })).code).toBe(200)
  })

  it('are gone for good once they are erased; the rest stays', async () => {
    const { license } = await issue()
    const item = (disclose: string[]) => ({
      license: { id: license.licenseId },
      ...{ purpose: 'tendering', caseRef: 'S-1', disclose },
    })
    await served.streams.publish(erasedEvent(license.licenseId))
    await waitFor(async () => (await ask(license, { disclose: ['contactPhone'] })).code === 410)
    const { body } = await served.post('/v1/verifications/batch', {
      items: [item(['contactPhone']), item(['name'])],
    })
    expect(body.items[0].problem.type).toBe('urn:lexchange:problem:claims-erased')
    expect(body.items[1].verdict).toBe('valid')
  })
})

describe('the status of a license that a person holds', () => {
  const permit = (number: string) =>
    served.verification.app.inject({
      url: `/v1/licenses/food-operation-permit/${number}/status`,
      headers: served.headers,
    })

  it('is told only to a department with an agreement for it', async () => {
    const { license } = await issue({ type: 'food-operation-permit' })
    const number = license.number ?? ''
    expect((await permit(number)).statusCode).toBe(200)
    const elsewhere = agreementOf('tendering', { regions: ['110000'], revision: 3 })
    await served.streams.enter(elsewhere)
    await waitFor(async () => (await permit(number)).statusCode === 403)
    expect((await permit(number)).json().type).toBe('urn:lexchange:problem:no-agreement')
    expect((await served.getStatus(number)).code).toBe(200)
  })
})
