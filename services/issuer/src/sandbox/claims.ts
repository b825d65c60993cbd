import type { Claims } from '@lexchange/license'

const company = {
  legalRepresentative: '示例 (sandbox person)',
  domicile: '示例路 1 号 (sandbox address)',
}

const money = { amount: '1000000.00', currency: 'CNY' }

/** Of each license type, with a personal claim, so that matching and disclosing can be tried out too. */
const CLAIMS: Readonly<Record<string, Claims>> = {
  'business-license': {
    ...company,
    enterpriseType: 'limited-liability-company',
    registeredCapital: money,
    establishedOn: '2000-01-01',
    businessScope: '示例经营范围 (sandbox business scope)',
  },
  'food-operation-permit': {
    ...company,
    premises: company.domicile,
    businessForm: 'restaurant',
    businessItems: ['热食类食品制售'],
  },
  'construction-qualification': {
    ...company,
    registeredCapital: money,
    qualifications: [{ category: '建筑工程施工总承包', grade: 'grade-1' }],
  },
}

/** Claims of a made-up license. */
export function sandboxClaims(type: string, name: string): Claims {
  return { ...CLAIMS[type], name, contactPhone: '+8675500000000' }
}
