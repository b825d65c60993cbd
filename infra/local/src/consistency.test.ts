import type { LicenseSnapshot } from '@lexchange/contracts'
import { describe, expect, it } from 'vitest'

import { compareCopies } from './consistency.ts'

function license(number: string, status: 'active' | 'revoked' = 'active'): LicenseSnapshot {
  return {
    licenseId: `id-${number}`,
    identifier: 'x',
    type: 'business-license',
    number,
    holder: { kind: 'enterprise', uscc: number, name: 'n' },
    authority: { id: 'a', name: 'A' },
    region: '440300',
    issuedAt: '2026-01-01T00:00:00.000Z',
    versions: [
      {
        version: 1,
        event: 'issued',
        status,
        validFrom: '2026-01-01T00:00:00.000Z',
        validUntil: null,
        effectiveAt: '2026-01-01T00:00:00.000Z',
        claims: { b: 1, a: 2 },
      },
    ],
  }
}

async function* stream(...licenses: LicenseSnapshot[]) {
  yield* licenses
}

const compare = (issuer: LicenseSnapshot[], registry: LicenseSnapshot[]) =>
  compareCopies([
    { name: 'issuer', licenses: stream(...issuer) },
    { name: 'registry', licenses: stream(...registry) },
  ])

describe('compareCopies', () => {
  it('finds no difference between equal copies, whatever the order of members', async () => {
    const other = license('1')
    const [version] = other.versions
    if (version) version.claims = { a: 2, b: 1 }
    expect(await compare([license('1'), license('2')], [other, license('2')])).toEqual({
      licenses: 2,
      versions: 2,
      differences: [],
    })
  })

  it('names a license that a copy lacks, at either end and in the middle', async () => {
    const all = ['1', '2', '3'].map((number) => license(number))
    for (const lacking of all) {
      const { differences } = await compare(
        all,
        all.filter((each) => each !== lacking),
      )
      expect(differences).toEqual([
        expect.objectContaining({ number: lacking.number, detail: 'missing at registry' }),
      ])
    }
  })

  it('names the version that differs', async () => {
    const { differences } = await compare([license('1')], [license('1', 'revoked')])
    expect(differences).toHaveLength(1)
    expect(differences[0]?.detail).toMatch(/^version 1: issuer .*active.* registry .*revoked/)
  })
})
