import { type Kysely, sql } from 'kysely'
import { Gauge, type Registry } from 'prom-client'

import type { EntryTables } from './entry.tables.ts'

export function measureHeldEvents(db: Kysely<EntryTables>, metrics: Registry): void {
  new Gauge({
    name: 'held_events',
    help: 'Events that wait for one that comes before them',
    registers: [metrics],
    async collect() {
      const count = sql<{ count: string }>`select count(*) as count from held_event`.execute(db)
      // A database that is away must not take the other metrics with it.
      this.set(await count.then(({ rows }) => Number(rows[0]?.count)).catch(() => Number.NaN))
    },
  })
}
