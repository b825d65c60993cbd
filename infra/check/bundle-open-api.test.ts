import { describe, expect, it } from 'vitest'

import { bundleOpenApi, type ServiceDocument } from './bundle-open-api.ts'

type Operations = ServiceDocument['paths'][string]

function operation(operationId: string, answer = operationId) {
  return { operationId, responses: { 200: { description: answer } } }
}

function service(port: number, scope: string, paths: Record<string, Operations>) {
  const oauth2 = { flows: { clientCredentials: { scopes: { [scope]: scope } } } }
  return {
    info: {},
    servers: [{ url: `http://127.0.0.1:${port}` }],
    paths,
    components: { securitySchemes: { oauth2 } },
  }
}

function bundle(one: Record<string, Operations>, other: Record<string, Operations>) {
  return bundleOpenApi(
    [
      ['one', service(1, 'a', one)],
      ['other', service(2, 'b', other)],
    ],
    '1.0.0',
  ) as {
    paths: Record<string, Record<string, { operationId: string; servers: { url: string }[] }>>
    components: { responses: object; securitySchemes: unknown }
  }
}

/** Every URL that a document leads to, with what it does there. */
function urls({ paths }: ReturnType<typeof bundle>) {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, { operationId, servers }]) =>
      servers.map(({ url }) => `${method} ${url}${path} ${operationId}`),
    ),
  )
}

describe('bundleOpenApi', () => {
  it('names both servers of what is the same', () => {
    const health = { '/health': { get: operation('getHealth') } }
    expect(urls(bundle(health, health))).toEqual([
      'get http://127.0.0.1:1/health getHealth',
      'get http://127.0.0.1:2/health getHealth',
    ])
  })

  it('keeps apart, at their URLs, what is different at the same path', () => {
    const document = bundle(
      { '/v1/licenses/{id}': { get: operation('getLicense', 'all claims') } },
      { '/v1/licenses/{id}': { get: operation('getLicense', 'public claims') } },
    )
    expect(Object.keys(document.paths)).toEqual(['/v1/licenses/{id}', '/licenses/{id}'])
    expect(urls(document)).toEqual([
      'get http://127.0.0.1:1/v1/licenses/{id} oneGetLicense',
      'get http://127.0.0.1:2/v1/licenses/{id} otherGetLicense',
    ])
  })

  it('refuses what no document could say', () => {
    const at = (answer: string) => ({ '/{id}': { get: operation('get', answer) } })
    expect(() => bundle(at('one'), at('another'))).toThrow('more ways')
  })

  it('has the scopes of all, and responses that are alike once', () => {
    const { components } = bundle(
      { '/a': { get: operation('getA', 'the same') } },
      { '/b': { get: operation('getB', 'the same') } },
    )
    expect(components.responses).toEqual({ 'shared-1': { description: 'the same' } })
    expect(components.securitySchemes).toEqual({
      oauth2: { flows: { clientCredentials: { scopes: { a: 'a', b: 'b' } } } },
    })
  })
})
