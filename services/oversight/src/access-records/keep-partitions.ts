import { createPulse } from '@lexchange/events'
import type { Logger } from 'pino'

import type { Partitions } from './create-partitions.ts'

/** How often, in ms. */
const INTERVAL = 3_600_000
const RETRY = 5_000

/** Makes the partitions of this month and of those that come. */
export function keepPartitions(options: {
  partitions: Partitions
  ahead: number
  log: Logger
  now: () => Date
}): { stop(): Promise<void> } {
  const pulse = createPulse()
  const running = (async () => {
    while (!pulse.stopped) {
      let pause = INTERVAL
      try {
        await options.partitions.ensure(monthsFrom(options.now(), options.ahead))
      } catch (err) {
        options.log.warn({ err }, 'partitions are not made yet')
        pause = RETRY
      }
      await pulse.wait(pause)
    }
  })()
  return {
    async stop() {
      pulse.stop()
      await running
    },
  }
}

function monthsFrom(now: Date, ahead: number): Date[] {
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()]
  return Array.from({ length: ahead + 1 }, (_, place) => new Date(Date.UTC(year, month + place, 1)))
}
