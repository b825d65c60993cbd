import { createPulse } from '@lexchange/events'
import type { Logger } from 'pino'

import { type ExpiryDeps, expireLicenses } from './expire-licenses.ts'

const BATCH = 100

/** Looks for licenses whose time is over for as long as the process lives. */
export function startExpiry(deps: ExpiryDeps & { log: Logger; pollMs: number }) {
  const pulse = createPulse()
  async function run(): Promise<void> {
    while (!pulse.stopped) {
      try {
        const count = await expireLicenses(deps, BATCH)
        if (count > 0) deps.log.info({ count }, 'licenses expired')
        if (count === BATCH) continue
      } catch (err) {
        deps.log.warn({ err }, 'expiry could not be announced yet')
      }
      await pulse.wait(deps.pollMs)
    }
  }
  const running = run()
  return {
    async stop() {
      pulse.stop()
      await running
    },
  }
}
