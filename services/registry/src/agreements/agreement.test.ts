import type { AgreementTerms } from '@lexchange/contracts'
import { DomainError } from '@lexchange/problems'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  type Agreement,
  type AgreementVersion,
  approve,
  type Decision,
  draftTerms,
  end,
  newAgreement,
  reject,
  resume,
  suspend,
} from './agreement.ts'

const terms = (purpose: string): AgreementTerms => ({
  departmentId: 'tax',
  purpose,
  legalBasis: { text: 'x', reference: 'y' },
  licenseTypes: ['*'],
  regions: ['100000'],
  disclose: ['*'],
  match: [],
  quota: {},
  validFrom: '2026-01-01T00:00:00.000Z',
  validUntil: null,
})

const STEPS = ['draft', 'approve', 'reject', 'suspend', 'resume', 'end'] as const
const steps = fc.array(
  fc.record({ step: fc.constantFrom(...STEPS), by: fc.constantFrom('a', 'b', 'c') }),
  { maxLength: 20 },
)

/** Undefined where it is refused. */
function decide(agreement: Agreement, step: (typeof STEPS)[number], by: string) {
  const who = { by, now: new Date(agreement.revision) }
  const decisions: Record<typeof step, () => Decision> = {
    draft: () => draftTerms(agreement, terms(`purpose-${agreement.revision}`), who),
    approve: () => approve(agreement, undefined, who),
    reject: () => reject(agreement, undefined, who),
    suspend: () => suspend(agreement, 'why', who),
    resume: () => resume(agreement, 'why', who),
    end: () => end(agreement, 'why', who),
  }
  try {
    return decisions[step]()
  } catch (error) {
    if (error instanceof DomainError) return undefined
    throw error
  }
}

function checkInvariants(agreement: Agreement, versions: Map<number, AgreementVersion>): void {
  const inState = (state: string) =>
    [...versions.values()].filter((version) => version.state === state)
  expect(inState('approved')).toEqual(agreement.inForce ? [agreement.inForce] : [])
  expect(inState('draft')).toEqual(agreement.draft ? [agreement.draft] : [])
  expect(agreement.latest.version).toBe(versions.size)
  for (const { approvedBy, draftedBy } of versions.values()) expect(approvedBy).not.toBe(draftedBy)
  if (['active', 'suspended'].includes(agreement.state)) expect(agreement.inForce).not.toBeNull()
}

describe('an agreement', () => {
  it('has terms in force that two have agreed on, one version of them, and never comes back', () => {
    const run = (sequence: { step: (typeof STEPS)[number]; by: string }[]) => {
      const first = newAgreement('x', terms('first'), { by: 'a', now: new Date(0) })
      const versions = new Map<number, AgreementVersion>([[1, first.versions[0] as never]])
      let { agreement } = first
      for (const { step, by } of sequence) {
        const decision = decide(agreement, step, by)
        if (!decision) continue
        expect(agreement.state).not.toBe('ended')
        expect(decision.agreement.revision).toBe(agreement.revision + 1)
        if (step !== 'approve') expect(decision.agreement.inForce).toEqual(agreement.inForce)
        for (const version of decision.versions) versions.set(version.version, version)
        agreement = decision.agreement
        checkInvariants(agreement, versions)
      }
    }
    fc.assert(fc.property(steps, run), { numRuns: 1_000 })
  })
})
