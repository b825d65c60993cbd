import { createPulse } from '@lexchange/events'
import { Gauge, type Registry } from 'prom-client'

import { sealStoredLicenses } from '../licenses/index.ts'
import { countDataKeys, type RewrapDeps, rewrapDataKeys } from './rewrap-data-keys.ts'

/** How often it is looked for what has to be sealed or wrapped anew, in ms. */
const POLL = 5_000
/** How often data keys are counted at least, in ms. */
const COUNT = 60_000

/** Seals what is from before claims were sealed, and wraps data keys anew, for as long as the process lives. */
export function startDataKeys(deps: RewrapDeps & { metrics: Registry }, poll = POLL) {
  const { db, log, metrics } = deps
  const pulse = createPulse()
  const gauge = new Gauge({
    name: 'data_keys_by_key_encryption_key',
    help: 'Data keys of licenses, intents and imports, by the key-encryption key that wraps them',
    labelNames: ['key'],
    registers: [metrics],
  })
  let countAt = 0

  async function count(): Promise<void> {
    const counted = await countDataKeys(db)
    gauge.reset()
    for (const { key, count } of counted) gauge.set({ key }, count)
    countAt = performance.now() + COUNT
  }

  /** @returns whether there may be more. */
  async function work(): Promise<boolean> {
    const sealed = await sealStoredLicenses(deps)
    if (sealed > 0) log.info({ licenses: sealed }, 'claims of stored licenses sealed')
    const wrapped = await rewrapDataKeys(deps)
    if (wrapped > 0) log.info({ dataKeys: wrapped }, 'data keys wrapped anew')
    if (wrapped > 0 || performance.now() >= countAt) await count()
    return sealed > 0
  }

  const running = (async () => {
    while (!pulse.stopped) {
      const more = await work().catch((err) => {
        log.warn({ err }, 'data keys could not be worked on yet')
        return false
      })
      if (!more) await pulse.wait(poll)
    }
  })()
  return {
    async stop() {
      pulse.stop()
      await running
    },
  }
}
