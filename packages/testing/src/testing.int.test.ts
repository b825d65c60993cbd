import pg from 'pg'
import { describe, expect, it } from 'vitest'

import { createTestDatabase, startTestNats } from './index.ts'

describe('createTestDatabase', () => {
  it('gives each caller an empty database, and takes it away', async () => {
    const [first, second] = await Promise.all([createTestDatabase(), createTestDatabase()])
    expect(first.url).not.toBe(second.url)
    const client = new pg.Client({ connectionString: first.url })
    await client.connect()
    const { rows } = await client.query(
      "select count(*)::int as tables from information_schema.tables where table_schema = 'public'",
    )
    expect(rows).toEqual([{ tables: 0 }])
    await client.end()
    await Promise.all([first.drop(), second.drop()])
    const gone = new pg.Client({ connectionString: first.url })
    await expect(gone.connect()).rejects.toThrow('does not exist')
  })
})

describe('startTestNats', () => {
  it('keeps what it stores when it is killed and started again', async () => {
    const { connect } = await import('@nats-io/transport-node')
    const { jetstream, jetstreamManager } = await import('@nats-io/jetstream')
    const server = await startTestNats()
    const write = await connect({ servers: server.servers, reconnect: false })
    const manager = await jetstreamManager(write)
    await manager.streams.add({ name: 'KEPT', subjects: ['kept'] })
    await jetstream(write).publish('kept', 'x')
    await server.kill()
    await server.start()
    const read = await connect({ servers: server.servers })
    const { state } = await (await jetstreamManager(read)).streams.info('KEPT')
    expect(state.messages).toBe(1)
    await read.close()
    await server.stop()
  })
})
