import {
  DpopProofInvalidError,
  PROOF_ALGORITHMS,
  TokenBindingRequiredError,
  UnauthenticatedError,
} from '@lexchange/auth'
import { DomainError, type Problem, retryAfterOf, toProblem } from '@lexchange/problems'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import { fromFastifyError, RouteNotFoundError } from './request.errors.ts'

type ErrorOptions = { recognise?: (error: unknown) => DomainError | undefined }

export const PROBLEM_JSON = 'application/problem+json'

/** Every failure leaves as a problem document; what nobody expected is logged once, and opaque. */
export function handleErrors(app: FastifyInstance, { recognise }: ErrorOptions): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const known = toDomainError(error, recognise, request)
    if (!known) request.log.error({ err: error, route: routeOf(request) }, 'request failed')
    else if (known.kind === 'unavailable')
      request.log.warn({ err: known.cause ?? known, code: known.code }, 'request refused for now')
    return sendProblem(reply, request, known ?? error)
  })
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, request, new RouteNotFoundError(request.method, pathOf(request))),
  )
}

function toDomainError(
  error: FastifyError,
  recognise: ErrorOptions['recognise'],
  request: FastifyRequest,
): DomainError | undefined {
  if (error instanceof DomainError) return error
  return recognise?.(error) ?? fromFastifyError(error, request.routeOptions.bodyLimit)
}

/** Sends a problem with the headers that belong to it. */
export function sendProblem(reply: FastifyReply, request: FastifyRequest, error: unknown) {
  const problem = toProblem(error, pathOf(request))
  for (const [name, value] of Object.entries(problemHeaders(error))) reply.header(name, value)
  return reply.code(problem.status).type(PROBLEM_JSON).serializer(serialize).send(problem)
}

const BEARER = 'Bearer realm="lexchange"'
const DPOP = `DPoP realm="lexchange", algs="${PROOF_ALGORITHMS.join(' ')}"`

/** Headers that an error's answer carries beside its body. */
export function problemHeaders(error: unknown): Record<string, string> {
  if (error instanceof UnauthenticatedError)
    return { 'www-authenticate': `${BEARER}, error="invalid_token", ${DPOP}` }
  if (error instanceof DpopProofInvalidError)
    return { 'www-authenticate': `${DPOP}, error="invalid_dpop_proof"` }
  if (error instanceof TokenBindingRequiredError)
    return { 'www-authenticate': `${DPOP}, error="invalid_token"` }
  if (!(error instanceof DomainError)) return {}
  if (error.code === 'insufficient-scope')
    return {
      'www-authenticate': `${BEARER}, error="insufficient_scope", scope="${error.members?.scope}"`,
    }
  const seconds = retryAfterOf(error)
  return seconds === undefined ? {} : { 'retry-after': String(seconds) }
}

function serialize(problem: unknown): string {
  return JSON.stringify(problem as Problem)
}

/** The path without its query, which may hold what does not belong into logs and answers. */
export function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? request.url
}

function routeOf(request: FastifyRequest): string {
  return `${request.method} ${request.routeOptions.url ?? pathOf(request)}`
}
