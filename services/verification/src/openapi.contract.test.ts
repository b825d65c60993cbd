import { createTokenVerifier } from '@lexchange/auth'
import { DEFAULT_PROTECTION } from '@lexchange/http-server'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { expect, it } from 'vitest'

import { testReceiptKeys } from '../test/start-verification.ts'
import { buildVerification } from './app.ts'
import { createDirectory } from './directory/index.ts'
import { createProjection } from './projection/index.ts'

type Operation = {
  operationId: string
  tags: string[]
  summary: string
  responses: Record<string, { content?: Record<string, unknown> }>
}

it('documents every operation with its answers and problems', async () => {
  const verifier = createTokenVerifier('http://127.0.0.1:7002')
  const app = await buildVerification({
    protection: DEFAULT_PROTECTION,
    publicUrl: 'http://127.0.0.1:7003',
    tokenUrl: 'http://127.0.0.1:7002/oauth/token',
    staleAfterSeconds: 10,
    projection: createProjection({ maxGiB: 1 }),
    freshness: { caughtUpAt: 0, connected: false },
    directory: createDirectory(verifier),
    verifier,
    receipts: await testReceiptKeys(),
    access: { add: () => {} },
    limits: { take: async () => [] },
    keys: { unwrap: () => Promise.reject(new Error('nothing is unwrapped')) },
    log: pino({ level: 'silent' }),
    metrics: new Registry(),
  })
  await app.ready()
  const { paths } = app.swagger() as unknown as { paths: Record<string, Record<string, Operation>> }
  const operations = Object.values(paths).flatMap((path) => Object.values(path))
  const own = operations.filter(({ tags }) => !tags.includes('operations'))
  expect(own.map(({ operationId }) => operationId).sort()).toEqual([
    'checkStatus',
    'getReceiptKeys',
    'listParkedEvents',
    'listSnapshot',
    'verifyBatch',
    'verifyLicense',
  ])
  for (const { operationId, summary, responses } of operations) {
    expect(summary, operationId).toBeTruthy()
    expect(Object.keys(responses).length, operationId).toBeGreaterThanOrEqual(2)
    for (const [status, { content }] of Object.entries(responses))
      if (Number(status) >= 400 && operationId !== 'getReadiness')
        expect(Object.keys(content ?? {}), `${operationId} ${status}`).toEqual([
          'application/problem+json',
        ])
  }
  await app.close()
})
