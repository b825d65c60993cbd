import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'

import type { SnapshotSource } from './fetch-snapshot.ts'
import { loadSealedSnapshot } from './load-sealed-snapshot.ts'
import { loadSnapshot } from './load-snapshot.ts'
import type { ProjectionFolders } from './projection-folders.ts'
import { openProjection, type ProjectionStore } from './projection-store.ts'

type BuildOptions = {
  folders: ProjectionFolders
  maxGiB: number
  snapshot: SnapshotSource
  /** Of the sealed claims; without it they come when they are followed. */
  sealedSnapshot: SnapshotSource
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
      await loadSealed(store, options, signal)
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

/** Answers from public claims do not wait for it. */
async function loadSealed(
  store: ProjectionStore,
  { sealedSnapshot, log }: BuildOptions,
  signal: AbortSignal,
): Promise<void> {
  try {
    const licenses = await loadSealedSnapshot(store, await sealedSnapshot(signal), false)
    log.info({ licenses }, 'sealed claims loaded')
  } catch (error) {
    log.warn({ reason: reasonOf(error) }, 'no sealed claims yet; asked for again in a moment')
  }
}

/** fetch says only `fetch failed`; what failed is in its cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error ? `${message}: ${cause.message}` : message
}
