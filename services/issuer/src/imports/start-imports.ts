import { createPulse } from '@lexchange/events'
import type { Logger } from 'pino'
import { deleteAbandonedImports } from './import.repository.ts'
import { type ImportDeps, importBatch } from './import-batch.ts'

/** How often imports that another replica has received or left are looked for, in ms. */
const POLL = 1_000
/** How often what was never sent to its end is deleted, in ms. */
const TIDY = 600_000

/** Works on imports for as long as the process lives; a batch that fails is tried again. */
export function startImports(deps: ImportDeps & { log: Logger }) {
  const pulse = createPulse()
  let tidyAt = 0
  async function run(): Promise<void> {
    while (!pulse.stopped) {
      try {
        if (performance.now() >= tidyAt) {
          await deleteAbandonedImports(deps.db)
          tidyAt = performance.now() + TIDY
        }
        if (await importBatch(deps)) continue
      } catch (err) {
        deps.log.warn({ err }, 'rows of an import could not be stored yet')
      }
      await pulse.wait(POLL)
    }
  }
  const running = run()
  return {
    /** An import has arrived. */
    wake: () => pulse.beat(),
    async stop() {
      pulse.stop()
      await running
    },
  }
}
