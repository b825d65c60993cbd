import { Type } from 'typebox'

import { defineLicenseType } from './license-type.ts'
import { money } from './money.ts'
import { phone, slug, text } from './text.ts'

export const constructionQualification = defineLicenseType({
  code: 'construction-qualification',
  version: 1,
  title: 'Construction qualification',
  description:
    'Certifies for which works, and to what grade, an enterprise may build (建筑业企业资质证书)',
  nationalType: '11100000000013338W901',
  nationalTypeSource:
    'Assigned locally in the structure of GB/T 36904; the national code is not known for certain',
  holders: ['enterprise'],
  seals: [],
  numberRule: 'own',
  claims: {
    public: {
      name: text(256),
      legalRepresentative: text(256),
      registeredCapital: money(),
      domicile: text(512),
      qualifications: Type.Array(
        Type.Object({ category: text(128), grade: slug() }, { additionalProperties: false }),
        { minItems: 1, maxItems: 100 },
      ),
    },
    personal: {
      legalRepresentativeId: Type.Optional(text(64)),
      technicalDirectorId: Type.Optional(text(64)),
      contactPhone: Type.Optional(phone()),
    },
    secret: {
      annualTurnover: Type.Optional(money()),
    },
  },
})
