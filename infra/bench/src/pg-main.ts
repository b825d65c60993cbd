import Fastify from 'fastify'
import pg from 'pg'

import { statusSchema } from './status-schema.ts'

/** Fastify and a primary-key SELECT, as a service without a projection would answer. */
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 })
const QUERY = {
  name: 'status',
  text: 'select status, version, valid_from, valid_until from license where type = $1 and number = $2',
}
const app = Fastify()
app.get<{ Params: { type: string; number: string } }>(
  '/v1/licenses/:type/:number/status',
  { schema: { response: { 200: statusSchema } } },
  async (request) => {
    const { type, number } = request.params
    const { rows } = await pool.query({ ...QUERY, values: [type, number] })
    const row = rows[0]
    return {
      type,
      number,
      verdict: row?.status === 'active' ? 'valid' : 'invalid',
      status: row?.status ?? 'unknown',
      version: row?.version ?? null,
      validFrom: row?.valid_from.toISOString() ?? null,
      validUntil: row?.valid_until?.toISOString() ?? null,
      asOf: new Date().toISOString(),
      position: 0,
      stale: false,
    }
  },
)
process.send?.(await app.listen({ host: '127.0.0.1', port: 0 }))
process.once('disconnect', () => process.exit(0))
