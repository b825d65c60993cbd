import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { startRegistry, type TestRegistry } from '../../test/start-registry.ts'

const OWN = 'administrator-own'

let registry: TestRegistry
let drafter: string

beforeAll(async () => {
  registry = await startRegistry()
  drafter = await registry.admin()
})
afterAll(() => registry.stop())

async function post(url: string, authorization: string, payload: object = {}) {
  const headers = { authorization }
  const answer = await registry.app.inject({ method: 'POST', url, headers, payload })
  return { status: answer.statusCode, type: answer.json().type as string | undefined }
}

describe('approveAgreement', () => {
  it('refuses a client that who has drafted the terms has registered, and no other', async () => {
    const { publicJwk, privateJwk } = await registry.keyPair(OWN)
    registry.keys[OWN] = privateJwk
    const own = { clientId: OWN, name: 'Own', kind: 'administrator', scopes: ['directory:admin'] }
    const made = await post('/v1/clients', drafter, { ...own, publicKeyJwk: publicJwk })
    expect(made.status).toBe(201)
    const terms = {
      ...{ id: 'alone', departmentId: 'finance', purpose: 'grants', disclose: ['name'] },
      ...{ licenseTypes: ['business-license'], regions: ['440000'] },
      legalBasis: { text: 'Grants are checked', reference: 'Budget Law, article 57' },
    }
    expect((await post('/v1/agreements', drafter, terms)).status).toBe(201)
    const url = '/v1/agreements/alone/approve'
    expect(await post(url, await registry.headerOf(OWN, 'directory:admin'))).toEqual({
      status: 403,
      type: 'urn:lexchange:problem:second-administrator-required',
    })
    const second = await registry.headerOf('administrator-2', 'directory:admin')
    expect((await post(url, second)).status).toBe(200)
  })
})
