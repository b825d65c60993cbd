import { syntheticUscc } from '@lexchange/local'

export const CLAIMS = {
  name: '示例科技有限公司',
  enterpriseType: 'limited-liability-company',
  legalRepresentative: '示例',
  registeredCapital: { amount: '1000000.00', currency: 'CNY' },
  establishedOn: '2000-01-01',
  businessScope: '示例经营范围',
  domicile: '示例路 1 号',
}

export const SENSITIVE = {
  legalRepresentativeId: '11010519491231002X',
  contactPhone: '+8675512345678',
  beneficialOwners: ['甲', '乙'],
  settlementAccount: '6222020200112233445',
}

/** A request for a business license of a company that nobody else has. */
export function application(changes: Record<string, unknown> = {}, uscc = syntheticUscc('440300')) {
  return {
    type: 'business-license',
    holder: { kind: 'enterprise', uscc, name: CLAIMS.name },
    validFrom: '2026-01-01T00:00:00.000Z',
    validUntil: '2046-01-01T00:00:00.000Z',
    claims: CLAIMS as Record<string, unknown>,
    ...changes,
  }
}
