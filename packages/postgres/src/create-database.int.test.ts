import { createTestDatabase } from '@lexchange/testing'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { createDatabase, isDatabaseUnavailable } from './index.ts'

let database: Awaited<ReturnType<typeof createTestDatabase>>

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database?.drop())

describe('createDatabase', () => {
  it('survives a connection that breaks between two queries of a transaction', async () => {
    const db = createDatabase<object>({ connectionString: database.url })
    const other = createDatabase<object>({ connectionString: database.url })
    try {
      const broken = db.transaction().execute(async (trx) => {
        const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx)
        await sql`select pg_terminate_backend(${rows[0]?.pid}, 5000)`.execute(other)
        // The break arrives while no query is under way.
        await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
        await sql`select 1`.execute(trx)
      })
      const error = await broken.catch((failure: unknown) => failure)
      expect(isDatabaseUnavailable(error)).toBe(true)
      expect((await sql`select 1`.execute(db)).rows).toHaveLength(1)
    } finally {
      await Promise.all([db.destroy(), other.destroy()])
    }
  })

  it('knows a server that is away from a query that is wrong', async () => {
    const away = createDatabase<object>({ connectionString: 'postgres://x@127.0.0.1:1/x' })
    const refused = await sql`select 1`.execute(away).catch((error: unknown) => error)
    expect(isDatabaseUnavailable(refused)).toBe(true)
    await away.destroy()
    const db = createDatabase<object>({ connectionString: database.url })
    const wrong = await sql`select nothing`.execute(db).catch((error: unknown) => error)
    expect(isDatabaseUnavailable(wrong)).toBe(false)
    await db.destroy()
  })
})
