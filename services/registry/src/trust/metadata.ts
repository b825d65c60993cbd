import type { LicenseType } from '@lexchange/license'

/** The `vct` of credentials of a license type; its metadata is at that very URL. */
function credentialTypeOf(registryUrl: string, code: string): string {
  return `${registryUrl}/.well-known/vct/${code}`
}

/** Type Metadata (SD-JWT VC, 6) of a license type: what its credentials may disclose, and must. */
export function typeMetadata(registryUrl: string, licenseType: LicenseType) {
  const { code, title, description, classification } = licenseType
  const claims = Object.entries(classification).map(([name, classified]) => ({
    path: ['claims', name],
    sd: classified === 'public' ? ('never' as const) : ('always' as const),
  }))
  return {
    vct: credentialTypeOf(registryUrl, code),
    name: title,
    description,
    display: [{ locale: 'en', name: title, description }],
    claims,
  }
}
