import type { StatusInterval } from '@lexchange/license'

import { ProjectionUnavailableError } from './projection.errors.ts'
import {
  type OpenOptions,
  openProjection,
  type ProjectionStore,
  readPosition,
} from './projection-store.ts'
import { type LicenseAt, readLicense, readLicenseById, readStatus } from './read-license.ts'
import { readSealed } from './read-sealed.ts'
import type { SealedVersion } from './sealed-record.ts'

/** What answers are made of. One per process; the environment below it may be exchanged. */
export type Projection = {
  /** Takes the environment of that folder from now on. */
  use(folder: string): void
  readonly ready: boolean
  /** What answers of this moment hold for; never ahead of what is read after it. */
  position(now: number): number
  /** The same, without what was read a moment ago. */
  latestPosition(): number
  findStatus(type: string, number: string, at: number): StatusInterval | undefined
  findLicense(type: string, number: string, at: number): LicenseAt | undefined
  findLicenseById(licenseId: string, at: number): LicenseAt | undefined
  /**
   * Personal and secret claims of a version, encrypted; undefined where there are none, or where they
   * have not arrived yet: then the version says `sealed`.
   */
  findSealed(licenseId: string, version: number): SealedVersion | undefined
  /** The environment itself, kept open until `release`. */
  hold(): { store: ProjectionStore; release: () => void }
  close(): Promise<void>
}

type Opened = { store: ProjectionStore; users: number; retired: boolean }

export function createProjection(options: Omit<OpenOptions, 'readOnly'>): Projection {
  let opened: Opened | undefined
  let position = 0
  let positionReadAt = -1

  function current(): ProjectionStore {
    if (!opened) throw new ProjectionUnavailableError('The projection has not been loaded yet')
    return opened.store
  }

  async function release(used: Opened): Promise<void> {
    if (--used.users === 0 && used.retired) await used.store.root.close()
  }

  async function retire(old: Opened): Promise<void> {
    old.retired = true
    old.users++
    await release(old)
  }

  return {
    use(folder) {
      if (opened?.store.folder === folder) return
      const old = opened
      opened = {
        store: openProjection(folder, { ...options, readOnly: true }),
        users: 0,
        retired: false,
      }
      positionReadAt = -1
      if (old) void retire(old)
    },
    get ready() {
      return opened !== undefined
    },
    position(now) {
      if (now === positionReadAt) return position
      position = read(() => readPosition(current()))
      positionReadAt = now
      return position
    },
    latestPosition() {
      const store = current()
      store.meta.resetReadTxn()
      return read(() => readPosition(store))
    },
    findStatus: (type, number, at) => read(() => readStatus(current(), type, number, at)),
    findLicense: (type, number, at) => read(() => readLicense(current(), type, number, at)),
    findLicenseById: (licenseId, at) => read(() => readLicenseById(current(), licenseId, at)),
    findSealed: (licenseId, version) => read(() => readSealed(current(), licenseId, version)),
    hold() {
      current()
      const used = opened as Opened
      used.users++
      return { store: used.store, release: () => void release(used) }
    },
    async close() {
      if (opened) await retire(opened)
      opened = undefined
    },
  }
}

/** Whatever LMDB or a broken entry throws means that there is no answer now. */
function read<T>(reading: () => T): T {
  try {
    return reading()
  } catch (cause) {
    if (cause instanceof ProjectionUnavailableError) throw cause
    throw new ProjectionUnavailableError('The projection cannot be read', cause)
  }
}
