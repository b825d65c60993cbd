import { DomainError, toProblem } from '@lexchange/problems'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'

import { clientOf } from './authentication.ts'
import { PROBLEM_JSON, pathOf, problemHeaders } from './problem-replies.ts'

/** An answer that can be kept and given again. */
export type Answer = { status: number; headers: Record<string, string>; body: unknown }

class IdempotencyKeyInvalidError extends DomainError {
  readonly code = 'idempotency-key-invalid'
  readonly kind = 'malformed'

  constructor() {
    super('An Idempotency-Key is 1 to 128 visible ASCII characters, bare or as a quoted string')
  }
}

class IfMatchInvalidError extends DomainError {
  readonly code = 'if-match-invalid'
  readonly kind = 'malformed'

  constructor() {
    super('If-Match takes an ETag of this license, e.g. "3", or *')
  }
}

/** The present version is another than the one that If-Match names. */
export class VersionMismatchError extends DomainError {
  readonly code = 'version-mismatch'
  readonly kind = 'version-mismatch'

  constructor(current: number) {
    super(`The present version is ${current}`, { members: { currentVersion: current } })
  }
}

/** Headers that a command may carry, for its schema. */
export const CommandHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      description:
        'Names this command: sent again with the same body within 24 hours, the first answer is given again',
      examples: ['"8e03978e-40d5-43e8-bc93-6894a57f9324"'],
    }),
  ),
})

/** The same, of a command that changes something that has versions. */
export const ChangeHeaders = Type.Object({
  ...CommandHeaders.properties,
  'if-match': Type.Optional(
    Type.String({ description: 'Change only this version (ETag), else 412', examples: ['"1"'] }),
  ),
})

/**
 * What makes a repetition of this command recognisable, for `runOnce`; undefined without the header.
 * @throws a problem `idempotency-key-invalid`
 */
export function commandKeyOf(request: FastifyRequest, secret?: Uint8Array) {
  const header = request.headers['idempotency-key']
  if (header === undefined) return undefined
  const key = parseKey(String(header))
  return {
    client: clientOf(request).clientId,
    route: `${request.method} ${pathOf(request)}`,
    key,
    request: [request.body ?? null, request.headers['if-match'] ?? null],
    ...(secret && { secret }),
  }
}

/** A Structured Fields string (RFC 8941, 3.3.3) or the bare characters. */
function parseKey(header: string): string {
  const quoted = /^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/.exec(header)?.[1]
  const key = quoted === undefined ? header : quoted.replace(/\\(["\\])/g, '$1')
  if (!/^[\x21-\x7e]{1,128}$/.test(key)) throw new IdempotencyKeyInvalidError()
  return key
}

/**
 * Gives the function that checks a version against If-Match; without the header all pass.
 * Weak tags never match (RFC 9110, 13.1.1).
 * @throws a problem `if-match-invalid`; the function throws VersionMismatchError
 */
export function ifMatchOf(request: FastifyRequest): (version: number) => void {
  const header = request.headers['if-match']
  if (header === undefined || header === '*') return () => {}
  const tags = header.split(',').map((tag) => tag.trim())
  if (!tags.every((tag) => /^(W\/)?"[\x21\x23-\x7e]*"$/.test(tag))) throw new IfMatchInvalidError()
  return (version) => {
    if (!tags.includes(`"${version}"`)) throw new VersionMismatchError(version)
  }
}

/** For `runOnce`: a refusal by a rule is kept like any answer; one that a retry may mend is not. */
export function refusalOf(request: FastifyRequest): (error: DomainError) => Answer | undefined {
  return (error) => {
    if (error.kind === 'unavailable' || error.kind === 'too-many') return undefined
    const body = toProblem(error, pathOf(request))
    return { status: body.status, headers: problemHeaders(error), body }
  }
}

/** Sends a command's answer, new or given again. */
export function sendAnswer(reply: FastifyReply, once: { answer: Answer; replayed: boolean }) {
  const { status, headers, body } = once.answer
  reply.code(status).headers(headers)
  if (once.replayed) reply.header('idempotency-replayed', 'true')
  if (status >= 400) reply.type(PROBLEM_JSON).serializer(JSON.stringify)
  return reply.send(body)
}

/** The caller's trace (W3C Trace Context), to be carried in events; undefined where there is none. */
export function traceparentOf(request: FastifyRequest): string | undefined {
  const header = request.headers.traceparent
  return typeof header === 'string' && /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(header)
    ? header
    : undefined
}
