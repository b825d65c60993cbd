import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { startRegistry, type TestRegistry } from '../../test/start-registry.ts'
import type { AgreementVersion } from './agreement.ts'
import { requireIndependence } from './require-independence.ts'

let registry: TestRegistry

beforeAll(async () => {
  registry = await startRegistry()
})
afterAll(() => registry.stop())

const draftedBy = (by: string) => ({ draftedBy: by, version: 1 }) as AgreementVersion

describe('requireIndependence', () => {
  it('refuses an approver whose client was registered by who has drafted the terms', async () => {
    const { publicJwk } = await registry.keyPair('own')
    const own = { clientId: 'administrator-own', name: 'Own', kind: 'administrator' }
    const made = await registry.app.inject({
      ...{ method: 'POST', url: '/v1/clients', headers: { authorization: await registry.admin() } },
      payload: { ...own, scopes: ['directory:admin'], publicKeyJwk: publicJwk },
    })
    expect(made.statusCode).toBe(201)
    const approves = (drafter: string, approver: string) =>
      registry.db
        .transaction()
        .execute((trx) => requireIndependence(trx, draftedBy(drafter), 'a', approver))
    await expect(approves('administrator-1', own.clientId)).rejects.toThrow('another than who')
    await approves('administrator-2', own.clientId)
    await approves('administrator-1', 'administrator-2')
  })
})
