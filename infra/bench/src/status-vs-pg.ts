import { startEmbeddedPostgres } from '@lexchange/testing'
import pg from 'pg'

import { type BenchOptions, type BenchResult, compare } from './bench.ts'
import { benchLicense, statusPaths } from './licenses.ts'
import { served } from './load.ts'
import { startReference } from './reference.ts'
import { startVerification } from './verification.ts'

/** The status route against Fastify with a primary-key SELECT over as many rows. */
export async function benchStatusVsPg(options: BenchOptions): Promise<BenchResult> {
  const verification = await startVerification(options.licenses)
  const postgres = await startEmbeddedPostgres()
  await fillTable(postgres.url, options.licenses)
  const headers = { authorization: verification.authorization }
  const paths = statusPaths(options.licenses)
  const reference = await startReference('pg-main.ts', { DATABASE_URL: postgres.url })
  try {
    const { url, pid } = verification
    return await compare(
      {
        name: 'status-vs-pg',
        ours: served({ name: 'status route', url, pid, paths, headers }),
        reference: served({
          name: 'Fastify + pg SELECT',
          url: reference.url,
          pid: reference.pid,
          paths,
          headers,
        }),
        budget: 2,
        beyond: 2.4,
      },
      options,
    )
  } finally {
    await reference.stop()
    await postgres.stop()
    await verification.stop()
  }
}

async function fillTable(url: string, licenses: number): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(`
    create table license (
      type text collate "C" not null, number text collate "C" not null,
      status text not null, version integer not null,
      valid_from timestamptz not null, valid_until timestamptz,
      claims jsonb not null, primary key (type, number)
    )`)
  const [version] = benchLicense(0).versions
  await client.query(
    `insert into license
     select 'business-license', '91440300' || lpad(i::text, 10, '0'), 'active', 1,
            timestamptz '2020-01-01Z' + i * interval '1 minute', timestamptz '2099-01-01Z', $2
     from generate_series(0, $1::int - 1) i`,
    [licenses, JSON.stringify(version?.claims)],
  )
  await client.query('analyze license')
  await client.end()
}
