import type { AgreementEntry } from '@lexchange/contracts'

/** An agreement that grants a department every public claim of all licenses, for a purpose of its name. */
export function agreementOf(
  departmentId: string,
  changes: Partial<AgreementEntry> = {},
): { kind: 'agreement'; entry: AgreementEntry } {
  return {
    kind: 'agreement',
    entry: {
      id: departmentId,
      departmentId,
      purpose: departmentId,
      legalBasis: { text: 'An example', reference: 'Act, article 1' },
      licenseTypes: ['*'],
      regions: ['100000'],
      disclose: ['*'],
      match: [],
      quota: {},
      validFrom: '2026-01-01T00:00:00.000Z',
      validUntil: null,
      version: 1,
      state: 'active',
      revision: 1,
      ...changes,
    },
  }
}

/** Those of the local default. */
export const DEFAULT_AGREEMENTS = [
  agreementOf('tendering'),
  agreementOf('tax', { disclose: ['*', 'contactPhone'] }),
  agreementOf('finance', { match: ['settlementAccount'] }),
]
