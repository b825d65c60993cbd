import { setTimeout as wait } from 'node:timers/promises'

import { findLicenseType } from '@lexchange/license'

import type { LicenseAt, Projection } from '../projection/index.ts'
import type { Admitted } from './admit-request.ts'
import type { Unsealed } from './claims-view.ts'
import { ClaimsErasedError, ClaimsNotArrivedError } from './verification.errors.ts'
import type { VerificationDeps } from './verification-deps.ts'

/** How long claims are waited for that travel on a stream of their own, and how often looked for, in ms. */
const PATIENCE = 1_000
const LOOK_EVERY = 5

/**
 * The sealed claims of the version, where a personal or secret one is asked for and granted; most requests
 * ask for none, and wait for nothing. @throws ClaimsErasedError, ClaimsNotArrivedError
 */
export function unsealClaims(
  deps: VerificationDeps,
  { found, request }: Admitted,
): Promise<Unsealed> | undefined {
  if (!found?.version.sealed) return undefined
  const { match = {}, disclose = [] } = request
  const classification = findLicenseType(found.license.type)?.classification ?? {}
  const isSensitive = (field: string) => (classification[field] ?? 'public') !== 'public'
  if (!Object.keys(match).some(isSensitive) && !disclose.some(isSensitive)) return undefined
  return unseal(deps, found)
}

async function unseal(
  { projection, keys }: VerificationDeps,
  { license: { licenseId }, version: { version } }: LicenseAt,
): Promise<Unsealed> {
  const { dataKey, fields } = await arrived(projection, licenseId, version)
  return { licenseId, version, fields, dataKey: await keys.unwrap(dataKey, licenseId) }
}

async function arrived(projection: Projection, licenseId: string, version: number) {
  const end = performance.now() + PATIENCE
  for (;;) {
    const sealed = projection.findSealed(licenseId, version)
    if (sealed === 'erased') throw new ClaimsErasedError()
    if (sealed !== undefined) return sealed
    if (performance.now() >= end) throw new ClaimsNotArrivedError()
    await wait(LOOK_EVERY)
  }
}
