import { Type } from 'typebox'

import { defineLicenseType } from './license-type.ts'
import { money } from './money.ts'
import { date, phone, slug, text, texts } from './text.ts'

export const businessLicense = defineLicenseType({
  code: 'business-license',
  version: 1,
  title: 'Business license',
  description: 'Registers an enterprise as a market entity (营业执照)',
  nationalType: '11100000MB0143028R001',
  nationalTypeSource: 'In use for 营业执照 in published implementations of GB/T 36904',
  holders: ['enterprise'],
  // The five that registration offices make together with the license, free of charge.
  seals: ['official', 'finance', 'contract', 'invoice', 'legal-representative'],
  numberRule: 'holder-uscc',
  claims: {
    public: {
      name: text(256),
      enterpriseType: slug(),
      legalRepresentative: text(256),
      registeredCapital: money(),
      establishedOn: date(),
      businessScope: text(4000),
      domicile: text(512),
    },
    personal: {
      legalRepresentativeId: Type.Optional(text(64)),
      contactPhone: Type.Optional(phone()),
    },
    secret: {
      beneficialOwners: Type.Optional(texts(256)),
      settlementAccount: Type.Optional(
        Type.String({
          pattern: '^[0-9A-Za-z]{1,64}$',
          description: 'an account number of 1 to 64 letters and digits',
        }),
      ),
    },
  },
})
