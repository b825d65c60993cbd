import { Writable } from 'node:stream'

import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { application, CLAIMS } from '../test/applications.ts'
import { markedClaims } from '../test/find-markers.ts'
import { startIssuer, type TestIssuer } from '../test/start-issuer.ts'
import { createLog } from './create-log.ts'

let issuer: TestIssuer
let written = ''
const log = createLog(
  'trace',
  new Writable({
    write(chunk, _encoding, done) {
      written += chunk
      done()
    },
  }),
)

beforeAll(async () => {
  issuer = await startIssuer({ log })
})
afterAll(() => issuer.stop())

it('writes no row that the database refuses, and tells nobody of it', async () => {
  await issuer.post('/v1/licenses', application())
  await sql`alter table license_version add constraint broken check (version = 0) not valid`.execute(
    issuer.db,
  )
  const { claims, markers } = markedClaims()
  const asked = application({ claims: { ...CLAIMS, ...claims, domicile: 'public-marker' } })
  const { status, text } = await issuer.post('/v1/licenses', asked)
  await sql`alter table license_version drop constraint broken`.execute(issuer.db)
  expect(status).toBe(500)
  expect(written).toContain('violates check constraint')
  for (const marker of [...markers, 'public-marker', 'Failing row']) {
    expect(written).not.toContain(marker)
    expect(text).not.toContain(marker)
  }
})

it('writes neither claims nor tokens that are handed to it by mistake', () => {
  written = ''
  const secret = 'secret-marker'
  log.info({ claims: { contactPhone: secret }, authorization: secret }, 'one')
  log.info({ license: { claims: secret }, req: { headers: { authorization: secret } } }, 'two')
  log.warn({ err: Object.assign(new Error('no'), { detail: secret, where: secret }) }, 'three')
  expect(written.match(/"msg"/g)).toHaveLength(3)
  expect(written).not.toContain(secret)
})
