import helmet from '@fastify/helmet'
import type { FastifyInstance, FastifyReply } from 'fastify'

/**
 * What every answer carries. They never change, so they are not computed by a plugin for each request:
 * answers of the API are data, which no browser has to run, frame or keep.
 */
const HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
} as const
const TRANSPORT = { 'strict-transport-security': 'max-age=31536000; includeSubDomains' } as const

export type SecurityHeaders = Readonly<Record<string, string>>

/** `strict-transport-security` only where clients come by https, because it would shut out the others. */
export function securityHeadersFor(publicUrl: string): SecurityHeaders {
  return publicUrl.startsWith('https:') ? { ...HEADERS, ...TRANSPORT } : HEADERS
}

export function setSecurityHeaders(reply: FastifyReply, headers: SecurityHeaders): void {
  for (const name in headers) reply.header(name, headers[name])
}

/** First of all hooks, so that refusals carry them too. */
export function registerSecurityHeaders(app: FastifyInstance, headers: SecurityHeaders): void {
  app.addHook('onRequest', (_request, reply, done) => {
    setSecurityHeaders(reply, headers)
    done()
  })
}

/** For pages that a browser runs: their own scripts and styles, and nothing from elsewhere. */
export async function protectPages(app: FastifyInstance, publicUrl: string): Promise<void> {
  const secure = publicUrl.startsWith('https:')
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        // swagger-ui sets style attributes from its scripts.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: secure,
  })
  // It writes past Fastify, whose header of the same name would win.
  app.addHook('onRequest', (_request, reply, done) => {
    const policy = reply.raw.getHeader('content-security-policy')
    reply.header('content-security-policy', policy)
    done()
  })
}
