import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { Client, TokenVerifier } from '@lexchange/auth'
import type { DomainError } from '@lexchange/problems'
import Fastify, { type FastifyInstance, LogController } from 'fastify'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'

import { registerApiDocument } from './api-document.ts'
import { registerAuthentication } from './authentication.ts'
import { type HealthChecks, registerHealth } from './health.ts'
import { lazyChildLogger } from './lazy-logger.ts'
import { registerMetrics } from './metrics.ts'
import { registerProblemPages } from './problem-pages.ts'
import { handleErrors } from './problem-replies.ts'
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
}

/** Largest body of a route that sets no limit of its own. */
const BODY_LIMIT = 262_144

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
  const bodyLimit = options.bodyLimit ?? BODY_LIMIT
  const app = Fastify({
    loggerInstance: options.log,
    bodyLimit,
    requestTimeout: options.requestTimeout ?? 60_000,
    keepAliveTimeout: 70_000,
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
    frameworkErrors: answerUnroutable(options.verifier),
    clientErrorHandler: answerBrokenRequest,
  }).withTypeProvider<TypeBoxTypeProvider>()
  const server = app as unknown as FastifyInstance
  // Fastify takes text/plain by itself, and would call it a body of the wrong shape.
  app.removeContentTypeParser('text/plain')
  app.setValidatorCompiler(validatorCompiler)
  app.decorate('lifecycle', { stopping: false })
  handleErrors(server, options)
  registerAuthentication(server, options)
  await registerApiDocument(server, options)
  registerMetrics(server, options)
  registerHealth(server, options)
  registerProblemPages(server)
  return app
}

/** Ids that differ between processes and requests; a UUID for each would cost more than it tells. */
function requestIds(): () => string {
  const process = crypto.randomUUID().slice(0, 13)
  let requests = 0
  return () => `${process}-${(++requests).toString(36)}`
}
