import { LicenseTypeCode } from '@lexchange/contracts'
import { Type } from 'typebox'

const Classification = Type.Enum(['public', 'personal', 'secret'])

export const EXAMPLE_TYPE = {
  code: 'business-license',
  version: 1,
  title: 'Business license',
  description: 'Registers an enterprise as a market entity (营业执照)',
  nationalType: '11100000MB0143028R001',
  holders: ['enterprise'],
  seals: ['official', 'finance', 'contract', 'invoice', 'legal-representative'],
  claims: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
  classification: { name: 'public' },
}

export const LicenseTypeAnswer = Type.Object({
  code: LicenseTypeCode,
  version: Type.Integer(),
  title: Type.String(),
  description: Type.String(),
  nationalType: Type.String({ description: 'Code of the type after GB/T 36904' }),
  holders: Type.Array(Type.Enum(['enterprise', 'person'])),
  seals: Type.Array(Type.String(), { description: 'Kinds of seals that are issued with it' }),
  claims: Type.Record(Type.String(), Type.Unknown(), { description: 'JSON Schema of `claims`' }),
  classification: Type.Record(Type.String(), Classification, {
    description: 'Who may see each claim: only `public` ones leave the issuer',
  }),
})

export const LicenseTypeParams = Type.Object({ code: LicenseTypeCode })
