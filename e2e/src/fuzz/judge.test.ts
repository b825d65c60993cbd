import { describe, expect, it } from 'vitest'

import { createJudge, type FuzzAnswer } from './judge.ts'
import type { Operation } from './operations.ts'

const judge = createJudge()
const operation: Operation = {
  ...{ service: 's', base: 'http://s', method: 'GET', path: '/v1/x', id: 's getX' },
  ...{ parameters: [], bodies: {}, scopes: [] },
  responses: {
    200: {
      content: {
        'application/json': { schema: { type: 'object', properties: { a: { type: 'integer' } } } },
      },
    },
    404: { content: { 'application/problem+json': { schema: { type: 'object' } } } },
    500: { content: { 'application/problem+json': { schema: { type: 'object' } } } },
    503: { content: { 'application/problem+json': { schema: { type: 'object' } } } },
  },
}
const request = { operation, url: 'http://s/v1/x', headers: {}, body: undefined, caller: 'c' }

function faultsOf(status: number, body: object, headers: Record<string, string> = {}) {
  const type = status < 400 ? 'application/json' : 'application/problem+json'
  const all = { 'content-type': type, 'x-content-type-options': 'nosniff', ...headers }
  const answer: FuzzAnswer = { status, headers: new Headers(all), text: JSON.stringify(body) }
  return judge(request, answer)
}
const problem = (status: number, detail = 'x') => ({
  ...{ type: 'urn:lexchange:problem:x', title: 'X', status, detail, instance: '/v1/x' },
})

describe('createJudge', () => {
  it('finds nothing wrong with what was promised', () => {
    expect(faultsOf(200, { a: 1 })).toEqual([])
    expect(faultsOf(404, problem(404))).toEqual([])
    expect(faultsOf(503, problem(503), { 'retry-after': '1' })).toEqual([])
  })

  it.each([
    ['fails', faultsOf(500, problem(500))],
    ['names no Retry-After', faultsOf(503, problem(503))],
    ['is not documented', faultsOf(409, problem(409))],
    ['does not fit its schema', faultsOf(200, { a: 'b' })],
    ['is a problem of another status', faultsOf(404, problem(400))],
    ['has no problem type', faultsOf(404, { ...problem(404), type: 'about:blank' })],
    ['is no problem document', faultsOf(404, {}, { 'content-type': 'text/html' })],
    ['shows the inside', faultsOf(404, problem(404, 'duplicate key value violates'))],
    ['shows the inside', faultsOf(404, problem(404, 'at x (/work/main/services/a.ts:1:2)'))],
    ['names its software', faultsOf(200, { a: 1 }, { 'x-powered-by': 'y' })],
    ['lacks security headers', faultsOf(200, { a: 1 }, { 'x-content-type-options': '' })],
  ])('finds that an answer %s', (fault, found) => {
    expect(found.some((each) => each.startsWith(fault))).toBe(true)
  })
})
