import { createTokenVerifier } from '@lexchange/auth'
import { DEFAULT_PROTECTION } from '@lexchange/http-server'
import { createDatabase } from '@lexchange/postgres'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { expect, it } from 'vitest'

import { testSigning } from '../test/test-signing.ts'
import { buildIssuer } from './app.ts'
import type { IssuerTables } from './database.ts'
import { createDirectory } from './directory/index.ts'
import { buildSigning } from './signing/index.ts'

type Operation = {
  operationId: string
  tags: string[]
  summary: string
  requestBody?: { content: Record<string, unknown> }
  responses: Record<string, { content?: Record<string, unknown> }>
}

it('documents every operation with its answers and problems', async () => {
  const log = pino({ level: 'silent' })
  const verifier = createTokenVerifier('http://127.0.0.1:7002')
  const db = createDatabase<IssuerTables>({
    connectionString: 'postgres://nobody@127.0.0.1:1/none',
  })
  const directory = createDirectory(db, verifier, log)
  const { config, claims, remove } = testSigning('http://127.0.0.1:7001', 'http://127.0.0.1:7002')
  const clock = { now: () => new Date(), newId: () => '' }
  const app = await buildIssuer({
    protection: DEFAULT_PROTECTION,
    publicUrl: 'http://127.0.0.1:7001',
    tokenUrl: 'http://127.0.0.1:7002/oauth/token',
    directory,
    verifier,
    log,
    metrics: new Registry(),
    natsConnected: () => false,
    statusListTtlSeconds: 60,
    importMaxBytes: 1,
    onImportReceived: () => {},
    onCompromised: () => {},
    sandbox: true,
    ...buildSigning({ config, db, directory, log, claimKeys: claims.keys, ...clock }),
  })
  await app.ready()
  const { paths } = app.swagger() as unknown as { paths: Record<string, Record<string, Operation>> }
  const operations = Object.values(paths).flatMap((path) => Object.values(path))
  const own = operations.filter(({ tags }) => !tags.includes('operations'))
  expect(own.map(({ operationId }) => operationId).sort()).toEqual([
    'amendLicense',
    'cancelLicense',
    'changeSandboxLicense',
    'compromiseKey',
    'createPresentation',
    'eraseClaims',
    'exchangePresentation',
    'getCredential',
    'getCredentialIssuer',
    'getImport',
    'getLicense',
    'getLicenseType',
    'getStatusList',
    'importLicenses',
    'issueLicense',
    'listKeys',
    'listLicenseTypes',
    'listParkedEvents',
    'makeSandboxLicense',
    'readSnapshot',
    'reinstateLicense',
    'renewLicense',
    'revokeLicense',
    'rotateKey',
    'showProblem',
    'suspendLicense',
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
  expect(Object.keys(paths['/v1/imports']?.post?.requestBody?.content ?? {})).toEqual([
    'application/x-ndjson',
    'text/csv',
  ])
  await app.close()
  await db.destroy()
  remove()
})
