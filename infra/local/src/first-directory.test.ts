import { checkUscc } from '@lexchange/license'
import { describe, expect, it } from 'vitest'

import { createFirstDirectory, withAgreements } from './first-directory.ts'

describe('createFirstDirectory', () => {
  it('has authorities with valid codes, in the order of api.md', async () => {
    const { seed, clients } = await createFirstDirectory()
    for (const { uscc } of seed.authorities) expect(checkUscc(uscc)).toEqual({ ok: true })
    expect(clients.map(({ clientId }) => clientId)).toEqual([
      'shenzhen-authority',
      'beijing-authority',
      'national-administration',
      'tax-department',
      'finance-department',
      'tendering-department',
      'administrator-1',
      'administrator-2',
      'synthetic-holder',
    ])
  })

  it('keeps private keys out of what the registry reads, and verification out of the clients', async () => {
    const { seed, clients, verificationKey } = await createFirstDirectory()
    expect(JSON.stringify(seed)).not.toContain('"d":')
    expect(verificationKey.d).toBeDefined()
    expect(seed.clients).toHaveLength(clients.length + 1)
  })

  it('comes with one agreement for each department, of every public claim and little more', async () => {
    const { seed } = await createFirstDirectory()
    const granted = seed.agreements.map(({ id, departmentId, purpose, disclose, match }) => [
      [id, departmentId, purpose],
      disclose,
      match,
    ])
    expect(granted).toEqual([
      [['tendering', 'tendering', 'tendering'], ['*'], []],
      [['tax', 'tax', 'tax'], ['*', 'contactPhone'], []],
      [['finance', 'finance', 'finance'], ['*'], ['settlementAccount']],
    ])
    for (const { licenseTypes, regions, quota } of seed.agreements)
      expect([licenseTypes, regions, quota]).toEqual([['*'], ['100000'], {}])
  })
})

describe('withAgreements', () => {
  it('gives a seed from before the agreements of a first start, and leaves others as they are', async () => {
    const { seed } = await createFirstDirectory()
    const { agreements, ...before } = seed
    expect(JSON.parse(withAgreements(JSON.stringify(before)))).toEqual({ ...before, agreements })
    const own = JSON.stringify({ ...seed, agreements: [] })
    expect(withAgreements(own)).toBe(own)
  })
})
