import { createPulse } from '@lexchange/events'
import type { Logger } from 'pino'

import { type ReissueDeps, reissueCredentials } from './reissue-credentials.ts'

/** How often credentials that have to be made again are looked for, in ms. */
const POLL = 5_000

/** Makes credentials again for as long as the process lives. */
export function startReissue(deps: ReissueDeps & { log: Logger }) {
  const pulse = createPulse()
  async function run(): Promise<void> {
    while (!pulse.stopped) {
      try {
        const made = await reissueCredentials(deps)
        if (made > 0) deps.log.info({ credentials: made }, 'credentials made again')
        if (made > 0) continue
      } catch (err) {
        deps.log.warn({ err }, 'credentials could not be made again yet')
      }
      await pulse.wait(POLL)
    }
  }
  const running = run()
  return {
    wake: () => pulse.beat(),
    async stop() {
      pulse.stop()
      await running
    },
  }
}
