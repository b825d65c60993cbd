import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

import type { Operation } from './operations.ts'
import type { FuzzRequest } from './requests.ts'

export type FuzzAnswer = { status: number; headers: Headers; text: string }

/** What only somebody who sees the inside could know. */
const INSIDE = [
  /\n\s+at .+:\d+:\d+/,
  /node_modules|file:\/\/\/|\/work\/|\.ts:\d+/,
  /duplicate key value|violates .* constraint|syntax error at or near|relation "|invalid input syntax/i,
  /\b(kysely|fastify|ajv|lmdb|pg_catalog|oidc-provider|jose|undici)\b/i,
  /\bFST_|\bERR_[A-Z]|\bMDB_|ECONNREFUSED|Cannot read propert|is not a function|is not iterable/,
]
/** Answers before any route is reached: broken paths, large headers, slow requests. */
const UNROUTED = new Set([400, 404, 408, 414, 429, 431])
/** Documents and texts that are there to be read. */
const OPEN = /getOpenApi|getMetrics|getProblemPage/

/** What an answer has that it must not have; empty where it is in order. */
export function createJudge() {
  const ajv = formats.default(new Ajv2020({ strict: false, validateFormats: true }))
  const validators = new Map<string, ValidateFunction>()

  function schemaFault(operation: Operation, status: number, type: string, text: string) {
    const media = operation.responses[status]?.content ?? {}
    const schema = media[type]?.schema
    if (!schema)
      return text === '' || Object.keys(media).length === 0
        ? undefined
        : `${type} is not documented`
    if (!type.includes('json') || type.includes('ndjson')) return undefined
    const key = `${operation.id} ${operation.path} ${status} ${type}`
    const validate = validators.get(key) ?? ajv.compile(schema)
    validators.set(key, validate)
    if (validate(JSON.parse(text))) return undefined
    const [error] = validate.errors ?? []
    return `does not fit its schema: ${error?.instancePath} ${error?.message}`
  }

  return ({ operation }: FuzzRequest, answer: FuzzAnswer): string[] => {
    const { status, headers, text } = answer
    const type = (headers.get('content-type') ?? '').split(';', 1)[0] ?? ''
    const documented = operation.responses[status] !== undefined
    return [
      statusFault(operation, answer),
      documented || UNROUTED.has(status) ? undefined : 'is not documented',
      formFault(operation, status, type, text),
      documented && status !== 304 ? schemaFault(operation, status, type, text) : undefined,
      OPEN.test(operation.id) ? undefined : leak(text),
      headers.get('x-powered-by') || headers.get('server') ? 'names its software' : undefined,
      headers.get('x-content-type-options') === 'nosniff' ? undefined : 'lacks security headers',
    ].filter((fault) => fault !== undefined)
  }
}

function statusFault({ id, responses }: Operation, { status, headers }: FuzzAnswer) {
  if (status >= 500 && status !== 503 && !(status === 501 && responses[501])) return 'fails'
  const waits = headers.get('retry-after') !== null || /getReadiness/.test(id)
  return [429, 503].includes(status) && !waits ? 'names no Retry-After' : undefined
}

function formFault({ id }: Operation, status: number, type: string, text: string) {
  if (type === 'application/problem+json') return problemFault(status, text)
  if (status < 400 || /requestToken|getReadiness/.test(id)) return undefined
  return `is no problem document but ${type || 'nothing'}`
}

function leak(text: string): string | undefined {
  const seen = INSIDE.find((pattern) => pattern.test(text))
  return seen && `shows the inside: ${seen.exec(text)?.[0].trim()}`
}

function problemFault(status: number, text: string): string | undefined {
  const problem = JSON.parse(text) as Record<string, unknown>
  if (problem.status !== status) return 'is a problem of another status'
  if (!/^urn:lexchange:problem:[a-z0-9-]+$/.test(String(problem.type))) return 'has no problem type'
  if (typeof problem.title !== 'string' || typeof problem.instance !== 'string')
    return 'is a problem without title or instance'
  return undefined
}
