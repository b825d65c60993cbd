import { LicenseTypeCode } from '@lexchange/contracts'
import { type Static, Type } from 'typebox'

export const YEAR_SECONDS = 31_536_000

export const MakeSandboxLicenseRequest = Type.Object(
  {
    type: LicenseTypeCode,
    region: Type.Optional(
      Type.String({
        pattern: '^[1-9][0-9]{5}$',
        description: 'GB/T 2260; default: that of an authority that may issue the type',
      }),
    ),
    startsInSeconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: YEAR_SECONDS,
        default: 0,
        description: 'Until then the license is `not-yet-valid`',
      }),
    ),
    validForSeconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10 * YEAR_SECONDS,
        default: YEAR_SECONDS,
        description: 'Then it is `expired`, and the event `expired` follows by itself',
      }),
    ),
  },
  { additionalProperties: false, examples: [{ type: 'business-license', region: '440300' }] },
)
export type MakeSandboxLicenseRequest = Static<typeof MakeSandboxLicenseRequest>

export const SandboxAction = Type.Enum([
  'amend',
  'renew',
  'suspend',
  'reinstate',
  'revoke',
  'cancel',
])
export type SandboxAction = Static<typeof SandboxAction>

export const ChangeSandboxLicenseRequest = Type.Object(
  { action: SandboxAction },
  { additionalProperties: false, examples: [{ action: 'suspend' }] },
)

export const ProblemParams = Type.Object({
  code: Type.String({
    pattern: '^[a-z0-9]+(-[a-z0-9]+)*$',
    maxLength: 64,
    description: 'As in `urn:lexchange:problem:<code>`; docs/problems lists them',
    examples: ['rate-limited'],
  }),
})
