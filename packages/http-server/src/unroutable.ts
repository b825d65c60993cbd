import type { Socket } from 'node:net'

import type { TokenVerifier } from '@lexchange/auth'
import { toProblem } from '@lexchange/problems'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'

import { needsToken } from './authentication.ts'
import { PROBLEM_JSON, sendProblem } from './problem-replies.ts'
import { RequestMalformedError } from './request.errors.ts'
import { type SecurityHeaders, setSecurityHeaders } from './security-headers.ts'

/** Answers a path that cannot be decoded or is too long, which no route and no hook ever sees. */
export function answerUnroutable(verifier: TokenVerifier, headers: SecurityHeaders) {
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    setSecurityHeaders(reply, headers)
    const malformed = new RequestMalformedError(error.message, { cause: error })
    const checked = needsToken(request)
      ? verifier.verify(request.headers.authorization)
      : Promise.resolve()
    checked.then(
      () => sendProblem(reply, request, malformed),
      (refusal) => sendProblem(reply, request, refusal),
    )
  }
}

/** Answers what is not HTTP, has headers that are too large, or arrives too slowly. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return
  const [status, reason] = BROKEN[error.code ?? ''] ?? [400, 'Bad Request']
  const problem = toProblem(
    new RequestMalformedError(`The request is not readable: ${reason}`),
    '/',
  )
  const body = JSON.stringify({ ...problem, status })
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nContent-Type: ${PROBLEM_JSON}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n${body}`,
  )
}

const BROKEN: Record<string, readonly [number, string]> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout'],
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large'],
}
