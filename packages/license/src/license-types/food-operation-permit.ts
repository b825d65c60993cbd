import { Type } from 'typebox'

import { defineLicenseType } from './license-type.ts'
import { phone, slug, text, texts } from './text.ts'

export const foodOperationPermit = defineLicenseType({
  code: 'food-operation-permit',
  version: 1,
  title: 'Food operation permit',
  description: 'Permits the sale of food, catering or a canteen at one place (食品经营许可证)',
  nationalType: '11100000MB0143028R901',
  nationalTypeSource:
    'Assigned locally in the structure of GB/T 36904; the national code is not known for certain',
  holders: ['enterprise'],
  seals: [],
  numberRule: 'own',
  claims: {
    public: {
      name: text(256),
      legalRepresentative: text(256),
      domicile: text(512),
      premises: text(512),
      businessForm: slug(),
      businessItems: texts(256, { minItems: 1 }),
    },
    personal: {
      legalRepresentativeId: Type.Optional(text(64)),
      contactPhone: Type.Optional(phone()),
    },
    secret: {
      suppliers: Type.Optional(texts(256)),
    },
  },
})
