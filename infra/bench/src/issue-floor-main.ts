import pg from 'pg'

/**
 * The least that issuing can cost: 4 rows of the size that ours have, in one prepared statement, durable,
 * with as many in flight. Told how many seconds, says what it has done.
 */
const IN_FLIGHT = 32
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: IN_FLIGHT })
await pool.query(`
  create schema if not exists floor;
  create table if not exists floor.license (id uuid primary key, number text unique, body json);
  create table if not exists floor.version (id uuid primary key, body json);
  create table if not exists floor.audit (id bigint generated always as identity primary key, body json);
  create table if not exists floor.outbox (id bigint generated always as identity primary key, message text)`)

const STATEMENT = {
  name: 'floor',
  text: `with license as (insert into floor.license values ($1, $2, $3)),
    version as (insert into floor.version values ($1, $3)),
    audit as (insert into floor.audit (body) values ('{"version":1}'))
    insert into floor.outbox (message) values ($4)`,
}
const BODY = JSON.stringify({ text: 'x'.repeat(600) })
const MESSAGE = 'x'.repeat(1_100)

process.on('message', async (seconds: number) => {
  const started = performance.now()
  const end = started + seconds * 1000
  const times: number[] = []
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      while (performance.now() < end) {
        const id = crypto.randomUUID()
        const before = performance.now()
        await pool.query({ ...STATEMENT, values: [id, id, BODY, MESSAGE] })
        times.push(performance.now() - before)
      }
    }),
  )
  times.sort((a, b) => a - b)
  const at = (share: number) => Math.round(times[Math.floor(times.length * share)] ?? 0)
  const rate = (times.length * 1000) / (performance.now() - started)
  process.send?.({ rate, p50: at(0.5), p99: at(0.99), answers: times.length })
})
process.send?.('ready')
process.once('disconnect', () => process.exit(0))
