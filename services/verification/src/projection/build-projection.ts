import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'

import type { Snapshot } from './fetch-snapshot.ts'
import { loadSnapshot } from './load-snapshot.ts'
import type { ProjectionFolders } from './projection-folders.ts'
import { openProjection, type ProjectionStore } from './projection-store.ts'

export type SnapshotSource = (signal: AbortSignal) => Promise<Snapshot>

type BuildOptions = {
  folders: ProjectionFolders
  maxGiB: number
  snapshot: SnapshotSource
  log: Logger
}

/** While the registry is away it is asked this often, in ms. */
const RETRY = 1_000

/**
 * Builds a projection in a folder of its own, beside the one in use, and puts it into use when it is
 * complete. Tries until it succeeds; undefined when told to stop.
 */
export async function buildProjection(
  options: BuildOptions,
  signal: AbortSignal,
): Promise<ProjectionStore | undefined> {
  while (!signal.aborted) {
    const folder = await options.folders.create()
    const store = openProjection(folder, options)
    try {
      const started = performance.now()
      const licenses = await loadSnapshot(store, await options.snapshot(signal))
      await options.folders.use(folder)
      const ms = Math.round(performance.now() - started)
      options.log.info({ licenses, ms }, 'projection built from the snapshot')
      return store
    } catch (error) {
      await store.root.close()
      await options.folders.remove(folder)
      if (signal.aborted) return undefined
      options.log.warn({ reason: reasonOf(error) }, 'no snapshot yet; asked again in a moment')
      await delay(RETRY, undefined, { signal }).catch(() => {})
    }
  }
  return undefined
}

/** fetch says only `fetch failed`; what failed is in its cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error ? `${message}: ${cause.message}` : message
}
