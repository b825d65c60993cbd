import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, RouteOptions } from 'fastify'
import { Type } from 'typebox'

import { scopesOf } from './authentication.ts'
import { type ProblemStatus, problems } from './problem-schema.ts'
import { protectPages } from './security-headers.ts'

type DocumentOptions = {
  title: string
  description: string
  version: string
  publicUrl: string
  tokenUrl: string
}

/** Generates the OpenAPI document from the routes' schemas, and serves it with a page to try it out. */
export async function registerApiDocument(
  app: FastifyInstance,
  options: DocumentOptions,
): Promise<void> {
  const scopes: Record<string, string> = {}
  app.addHook('onRoute', (route) => {
    documentCommonAnswers(route)
    for (const scope of scopesOf(route.config?.scope)) scopes[scope] = SCOPES[scope] ?? scope
    delete scopes.public
  })
  await app.register(swagger, {
    convertConstToEnum: false,
    openapi: {
      openapi: '3.1.0',
      info: {
        title: options.title,
        description: options.description,
        version: options.version,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: options.publicUrl }],
      components: { securitySchemes: securitySchemes(options.tokenUrl, scopes) },
    },
  })
  app.get(
    '/openapi.json',
    {
      config: { scope: 'public' },
      schema: {
        operationId: 'getOpenApi',
        tags: ['operations'],
        summary: 'This API as an OpenAPI 3.1 document',
        response: {
          200: {
            description: 'OpenAPI 3.1',
            content: { 'application/json': { schema: Type.Record(Type.String(), Type.Unknown()) } },
          },
        },
      },
    },
    async (_request, reply) =>
      reply.type('application/json').serializer(JSON.stringify).send(app.swagger()),
  )
  // Served from the package's own files, so that the page works without a network.
  await app.register(async (pages) => {
    await protectPages(pages as unknown as FastifyInstance, options.publicUrl)
    await pages.register(swaggerUi, { routePrefix: '/docs', uiConfig: { deepLinking: true } })
  })
}

const SCOPES: Record<string, string> = {
  'license:issue': 'Issue licenses of one authority, and change them',
  'license:read': 'Read public fields of licenses',
  'license:verify': 'Check licenses',
  'subscription:manage': 'Manage the subscriptions of one department',
  'directory:admin': 'Manage authorities, departments and clients',
  'projection:read': 'Read whole copies, and what could not be applied',
}

function securitySchemes(tokenUrl: string, scopes: Record<string, string>) {
  return {
    oauth2: {
      type: 'oauth2' as const,
      description: 'client_credentials with private_key_jwt (RFC 7523); tokens are JWTs (RFC 9068)',
      flows: { clientCredentials: { tokenUrl, scopes } },
    },
    bearer: { type: 'http' as const, scheme: 'bearer', bearerFormat: 'JWT' },
    dpop: {
      type: 'http' as const,
      scheme: 'dpop',
      description: 'A token bound to a key, with a proof of it in the header DPoP (RFC 9449)',
    },
  }
}

/** What any route of its kind can answer is added here, so that no route has to repeat it. */
function documentCommonAnswers(route: RouteOptions): void {
  const { schema } = route
  if (!schema || schema.hide) return
  const isPublic = route.config?.scope === 'public'
  const statuses: ProblemStatus[] = [429, 500, 503]
  // A body is read, and refused where it cannot be, by commands that need none too.
  const reads = schema.body !== undefined || !/^(GET|HEAD)$/.test(String(route.method))
  if (reads || schema.querystring || schema.params || schema.headers) statuses.unshift(400)
  if (!isPublic) statuses.push(401, 403)
  if (reads) statuses.push(413, 415)
  schema.response = { ...problems(...statuses), ...(schema.response as object) }
  if (isPublic) schema.security = []
  else {
    const scopes = scopesOf(route.config?.scope)
    schema.security = [
      { bearer: [] },
      { dpop: [] },
      ...scopes.map((scope) => ({ oauth2: [scope] })),
    ]
    const needed = scopes.map((scope) => `\`${scope}\``).join(' or ')
    schema.description = [schema.description, `Needs the scope ${needed}.`]
      .filter(Boolean)
      .join('\n\n')
  }
}
