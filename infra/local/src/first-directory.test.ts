import { checkUscc } from '@lexchange/license'
import { describe, expect, it } from 'vitest'

import { createFirstDirectory } from './first-directory.ts'

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
})
