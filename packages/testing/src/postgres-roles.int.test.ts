import { join } from 'node:path'

import { type RunningPostgres, startPostgres } from '@lexchange/local'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { freePort } from './free-port.ts'
import { makeTestFolder, removeTestFolder } from './test-folder.ts'

const SERVICES = ['issuer', 'registry', 'oversight']
let folder: string
let postgres: RunningPostgres

beforeAll(async () => {
  folder = makeTestFolder()
  postgres = await startPostgres({
    folder: join(folder, 'postgres'),
    port: await freePort(),
    password: 'superuser',
    logFile: join(folder, 'postgres.log'),
    durable: false,
    log: () => {},
  })
  await postgres.waitReady()
  // As npm start does: all at once.
  await Promise.all(SERVICES.map((name) => postgres.ensureDatabase(name, `of-${name}`)))
  for (const name of SERVICES)
    await query(name, name, 'create table secret (claim text)').then(() =>
      query(name, name, `insert into secret values ('of ${name}')`),
    )
}, 60_000)
afterAll(async () => {
  await postgres.stop()
  removeTestFolder(folder)
})

async function query(role: string, database: string, text: string) {
  const url = new URL(postgres.urlOf(role, `of-${role}`))
  url.pathname = `/${database}`
  const client = new pg.Client({ connectionString: url.href })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

describe.each(SERVICES)('the role of the service %s', (role) => {
  it('reads and changes its own database', async () => {
    expect(await query(role, role, 'select claim from secret')).toEqual([{ claim: `of ${role}` }])
  })

  it.each([...SERVICES.filter((each) => each !== role), 'postgres', 'template1'])(
    'cannot open the database %s',
    async (database) => {
      await expect(query(role, database, 'select 1')).rejects.toThrow(
        /permission denied for database/,
      )
    },
  )

  it('may neither make roles or databases nor read files or run programs of the server', async () => {
    for (const text of [
      'create role thief login',
      'create database thief',
      'alter role postgres password null',
      `set role ${SERVICES.find((each) => each !== role)}`,
      "select pg_read_file('/etc/passwd')",
      "copy secret from program 'id'",
      'select rolpassword from pg_authid',
    ])
      await expect(query(role, role, text), text).rejects.toThrow(
        /permission denied|must be superuser|must have admin|only roles with/i,
      )
  })
})
