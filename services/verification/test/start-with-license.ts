import { createTestTokens, startTestNats, waitFor } from '@lexchange/testing'

import { DEFAULT_AGREEMENTS } from './agreements.ts'
import { startFakeRegistry } from './fake-registry.ts'
import { license, licenseEvent } from './license-events.ts'
import { startVerification, type VerificationSetup } from './start-verification.ts'
import { openStreams } from './streams.ts'

/** Verification on a real NATS, once it knows one license in two versions; and what asks it. */
export async function startWithLicense(setup: VerificationSetup = {}) {
  const nats = await startTestNats()
  const registry = await startFakeRegistry()
  const streams = await openStreams(nats.servers)
  const tokens = await createTestTokens()
  const headers = { authorization: await tokens.headerFor(DEPARTMENT) }
  const administrator = { authorization: await tokens.headerFor(ADMINISTRATOR) }
  const streamCreated = await streams.created('LICENSES')
  registry.snapshot = { position: 0, streamCreated, licenses: [] }
  const key = { id: 'oauth', issuer: tokens.issuer, jwks: tokens.jwks as never, revision: 1 }
  // Before the keys, without which nothing is answered.
  for (const agreement of DEFAULT_AGREEMENTS) await streams.enter(agreement)
  await streams.enter({ kind: 'key', entry: key })
  const verification = await startVerification({
    servers: nats.servers,
    registryUrl: registry.url,
    tokens,
    ...setup,
  })

  async function getStatus(number: string, query = '') {
    const url = `/v1/licenses/business-license/${encodeURIComponent(number)}/status${query}`
    const response = await verification.app.inject({ url, headers })
    return { code: response.statusCode, headers: response.headers, body: response.json() }
  }

  async function post(url: string, payload: object, asked = headers) {
    const response = await verification.app.inject({ method: 'POST', url, payload, headers: asked })
    return { code: response.statusCode, body: response.json() }
  }

  await waitFor(async () => (await verification.app.inject('/health/ready')).statusCode === 200)
  await streams.publish(licenseEvent('issued'))
  const last = await streams.publish(
    licenseEvent('amended', {
      version: 2,
      effectiveAt: '2026-03-01T00:00:00.000Z',
      claims: { ...license.claims, name: '厦门新示例有限公司' },
    }),
  )
  await getStatus(license.number, `?minPosition=${last}`)
  return {
    nats,
    tokens,
    streams,
    verification,
    headers,
    administrator,
    getStatus,
    post,
    async stop() {
      await verification.remove()
      await streams.close()
      await registry.close()
      await nats.stop()
    },
  }
}

const DEPARTMENT = {
  clientId: 'tendering-department',
  kind: 'department',
  departmentId: 'tendering',
  scopes: ['license:verify'],
} as const

const ADMINISTRATOR = {
  clientId: 'administrator-1',
  kind: 'administrator',
  scopes: ['projection:read'],
} as const
