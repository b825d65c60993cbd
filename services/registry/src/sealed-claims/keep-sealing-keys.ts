import { createPulse } from '@lexchange/events'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import { Gauge, type Registry } from 'prom-client'

import { countWrappedByOthers } from './data-key.repository.ts'
import { rewrapDataKeys } from './rewrap-data-keys.ts'
import { type EncryptionPolicy, maintainEncryptionKeys } from './rotate-encryption-key.ts'
import type { SealedTables } from './sealed-claims.tables.ts'
import { rewrapSearchKey } from './search-key.ts'

/** How often it is looked whether something is due, in ms. */
const LOOK = 2_000
/** How often it is said that some cannot be unwrapped, in looks. */
const SAY_LOOKS = 30

export type SealingOptions = {
  db: Kysely<SealedTables>
  policy: EncryptionPolicy
  log: Logger
  metrics: Registry
  now: () => Date
}

/** Makes the key that issuers seal for, and has data keys wrapped by the key-encryption key of now. */
export function keepSealingKeys(options: SealingOptions): { stop(): Promise<void> } {
  const { db, policy, log, now } = options
  const pulse = createPulse()
  measureLeft(options)
  let stuckLooks = 0

  async function look(): Promise<void> {
    await db.transaction().execute((trx) => maintainEncryptionKeys(trx, policy, now()))
    await rewrapSearchKey(db, policy.keys)
    const { rewrapped, stuck } = await rewrapDataKeys(db, policy.keys)
    if (rewrapped > 0) log.info({ rewrapped }, 'data keys wrapped anew')
    if (!stuck) stuckLooks = 0
    else if (stuckLooks++ % SAY_LOOKS === 0)
      log.error('data keys cannot be unwrapped: a key-encryption key is missing')
  }

  const running = (async () => {
    while (!pulse.stopped) {
      await look().catch((err: unknown) => log.warn({ err }, 'sealing keys not maintained'))
      await pulse.wait(LOOK)
    }
  })()
  return {
    async stop() {
      pulse.stop()
      await running
    },
  }
}

function measureLeft({ db, policy, metrics }: SealingOptions): void {
  new Gauge({
    name: 'data_keys_to_rewrap',
    help: 'Data keys that a key-encryption key of before wraps, by its id',
    labelNames: ['key_id'],
    registers: [metrics],
    async collect() {
      this.reset()
      // A database that is away must not take the other metrics with it.
      const counts = await countWrappedByOthers(db, policy.keys.currentKeyId()).catch(() => [])
      for (const { keyId, count } of counts) this.set({ key_id: keyId }, count)
    },
  })
}
