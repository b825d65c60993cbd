import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { type Client, createUsedProofs, type TokenVerifier, type UseProof } from '@lexchange/auth'
import type { DomainError } from '@lexchange/problems'
import Fastify, { type FastifyInstance, LogController } from 'fastify'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'

import { registerApiDocument } from './api-document.ts'
import { registerAuthentication } from './authentication.ts'
import { createCertificateReader } from './client-certificate.ts'
import { type HealthChecks, registerHealth } from './health.ts'
import { lazyChildLogger } from './lazy-logger.ts'
import { registerMetrics } from './metrics.ts'
import { registerProblemPages } from './problem-pages.ts'
import { handleErrors } from './problem-replies.ts'
import { httpsOptionsOf, type Protection } from './protection.ts'
import { createRateLimits } from './rate-limits.ts'
import { registerSecurityHeaders, securityHeadersFor } from './security-headers.ts'
import { answerBrokenRequest, answerUnroutable } from './unroutable.ts'
import { validatorCompiler } from './validation.ts'

export type HttpServerOptions = {
  /** Name of the service, e.g. `issuer`. */
  name: string
  title: string
  description: string
  version: string
  /** Base URL that clients use; shown in the API document. */
  publicUrl: string
  /** Where access tokens are got, for the API document. */
  tokenUrl: string
  log: Logger
  verifier: TokenVerifier
  metrics: Registry
  /** Text of /metrics, where it is made of more than this process's `metrics`. */
  collectMetrics?: () => Promise<string>
  /** Checks of readiness, by name of the dependency; one that rejects is not ready. */
  health: HealthChecks
  /** Refuses clients that may not call any more, e.g. suspended ones. */
  authorize?: (client: Client) => void
  /** Names failures of dependencies that will pass, e.g. a database that is away. */
  recognise?: (error: unknown) => DomainError | undefined
  /** Largest body in bytes. */
  bodyLimit?: number
  /** How long a request may take to arrive, in ms. */
  requestTimeout?: number
  /** How long its headers may take to arrive, in ms. */
  headersTimeout?: number
  /** Required, so that no service forgets what its settings say. */
  protection: Protection
  /** Remembers proofs of possession, where that is not this process by itself. */
  useProof?: UseProof
}

/** Largest body of a route that sets no limit of its own. */
const BODY_LIMIT = 262_144
const REQUEST_TIMEOUT = 60_000
/** Whoever sends them byte by byte is not to hold a connection. */
const HEADERS_TIMEOUT = 10_000
const HEADER_BYTES = 16_384

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The scope a route needs (of several any), or `public`. A route with none does not start. */
    scope?: string | readonly string[]
  }
  interface FastifyInstance {
    /** Whether the process was told to stop; set by `serve`. */
    lifecycle: { stopping: boolean }
  }
  interface FastifyRequest {
    /** Who calls; absent on public routes. */
    client?: Client
  }
}

export type HttpServer = Awaited<ReturnType<typeof createHttpServer>>

/** The one place where server options are set, so that tests and production run the same server. */
export async function createHttpServer(options: HttpServerOptions) {
  const { protection } = options
  const headers = securityHeadersFor(options.publicUrl)
  const app = Fastify({
    loggerInstance: options.log,
    bodyLimit: options.bodyLimit ?? BODY_LIMIT,
    requestTimeout: options.requestTimeout ?? REQUEST_TIMEOUT,
    keepAliveTimeout: 70_000,
    ...serverOptionsOf(options, protection),
    forceCloseConnections: 'idle',
    // A machine that is short of time is no reason to end.
    pluginTimeout: 60_000,
    routerOptions: { maxParamLength: 300, ignoreTrailingSlash: false },
    genReqId: requestIds(),
    childLoggerFactory: lazyChildLogger as never,
    logController: new LogController({
      disableRequestLogging: true,
      requestIdLogLabel: 'requestId',
    }),
    frameworkErrors: answerUnroutable(options.verifier, headers),
    clientErrorHandler: answerBrokenRequest,
  }).withTypeProvider<TypeBoxTypeProvider>()
  const server = app as unknown as FastifyInstance
  // Fastify takes text/plain by itself, and would call it a body of the wrong shape.
  app.removeContentTypeParser('text/plain')
  app.setValidatorCompiler(validatorCompiler)
  app.decorate('lifecycle', { stopping: false })
  handleErrors(server, options)
  registerSecurityHeaders(server, headers)
  registerAuthentication(server, {
    ...options,
    limits: createRateLimits(protection.rates),
    certificateOf: createCertificateReader(protection.certificateHeader),
    useProof: options.useProof ?? createUsedProofs(),
  })
  await registerApiDocument(server, options)
  registerMetrics(server, options)
  registerHealth(server, options)
  registerProblemPages(server)
  return app
}

/** For node:http or node:https. Fastify's types tell servers of both apart, which nothing here needs. */
function serverOptionsOf(
  { requestTimeout, headersTimeout }: HttpServerOptions,
  protection: Protection,
) {
  const options = {
    requestTimeout: requestTimeout ?? REQUEST_TIMEOUT,
    headersTimeout: headersTimeout ?? HEADERS_TIMEOUT,
    maxHeaderSize: HEADER_BYTES,
    connectionsCheckingInterval: Math.min(headersTimeout ?? HEADERS_TIMEOUT, 1000),
  }
  const https = httpsOptionsOf(protection)
  return (https ? { https: { ...options, ...https } } : { http: options }) as { http: object }
}

/** Ids that differ between processes and requests; a UUID for each would cost more than it tells. */
function requestIds(): () => string {
  const process = crypto.randomUUID().slice(0, 13)
  let requests = 0
  return () => `${process}-${(++requests).toString(36)}`
}
