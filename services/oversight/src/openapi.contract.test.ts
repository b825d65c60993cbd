import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { startOversight, type TestOversight } from '../test/start-oversight.ts'

type Operation = {
  operationId?: string
  summary?: string
  responses: Record<
    string,
    {
      content?: Record<
        string,
        { example?: unknown; examples?: unknown; schema?: { examples?: unknown[] } }
      >
    }
  >
}
let oversight: TestOversight
let operations: [string, Operation][]

beforeAll(async () => {
  oversight = await startOversight()
  const { paths } = (await oversight.app.inject('/openapi.json')).json()
  operations = Object.entries(paths as Record<string, Record<string, Operation>>).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(
        ([method, operation]) => [`${method} ${path}`, operation] as [string, Operation],
      ),
  )
})
afterAll(() => oversight.stop())

describe('openapi.json', () => {
  it('names and explains every operation, with its answers', () => {
    for (const [name, { operationId, summary, responses }] of operations) {
      expect(operationId, name).toEqual(expect.any(String))
      expect(summary, name).toEqual(expect.any(String))
      expect(Object.keys(responses).length, name).toBeGreaterThanOrEqual(2)
    }
    const ids = operations.map(([, { operationId }]) => operationId)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('has the paths of the contract', () => {
    expect(operations.map(([name]) => name)).toEqual(
      expect.arrayContaining([
        'get /v1/access-records',
        'get /v1/holders/{id}/access-records',
        'get /v1/findings',
        'get /v1/cases',
        'post /v1/cases/{id}/measures',
        'get /v1/rules',
        'post /v1/rules/{id}/dry-run',
        'get /v1/reports/{month}',
      ]),
    )
  })

  it('documents problems as problem documents', () => {
    for (const [name, { responses }] of operations)
      for (const [status, { content }] of Object.entries(responses))
        if (status >= '400' && !name.includes('/health/'))
          expect(Object.keys(content ?? {}), `${name} ${status}`).toEqual([
            'application/problem+json',
          ])
  })
})
