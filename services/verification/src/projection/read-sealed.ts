import type { ProjectionStore } from './projection-store.ts'
import { type SealedVersion, sealedVersionOf } from './sealed-record.ts'
import { idBytes } from './status-record.ts'

export function readSealed(
  store: ProjectionStore,
  licenseId: string,
  version: number,
): SealedVersion | undefined {
  return sealedVersionOf(store.sealed.get(idBytes(licenseId)), version)
}
