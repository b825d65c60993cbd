import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { startRegistry, type TestRegistry } from '../test/start-registry.ts'

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
let registry: TestRegistry
let operations: [string, Operation][]

beforeAll(async () => {
  registry = await startRegistry()
  const { paths } = (await registry.app.inject('/openapi.json')).json()
  operations = Object.entries(paths as Record<string, Record<string, Operation>>).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(
        ([method, operation]) => [`${method} ${path}`, operation] as [string, Operation],
      ),
  )
})
afterAll(() => registry.stop())

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
        'post /oauth/token',
        'get /oauth/jwks',
        'get /.well-known/oauth-authorization-server',
        'get /v1/authorities',
        'get /v1/departments',
        'get /v1/licenses',
        'get /v1/licenses/{id}',
        'get /v1/licenses/{id}/history',
        'get /v1/snapshots/licenses',
        'get /v1/parked-events',
      ]),
    )
  })

  it('documents problems as problem documents', () => {
    for (const [name, { responses }] of operations)
      for (const [status, { content }] of Object.entries(responses))
        if (status >= '400' && !name.includes('/oauth/token') && !name.includes('/health/'))
          expect(Object.keys(content ?? {}), `${name} ${status}`).toEqual([
            'application/problem+json',
          ])
  })
})
