import { readFile } from 'node:fs/promises'

import { DomainError } from '@lexchange/problems'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'

import { problems } from './problem-schema.ts'

const PAGES = new URL('../../../docs/problems/', import.meta.url)

class ProblemUnknownError extends DomainError {
  readonly code = 'problem-unknown'
  readonly kind = 'not-found'
}

const Params = Type.Object({
  slug: Type.String({
    pattern: '^[a-z0-9]+(-[a-z0-9]+)*$',
    maxLength: 64,
    examples: ['status-conflict'],
  }),
})

/** Serves the page of each problem type: what it means and what to do. */
export function registerProblemPages(app: FastifyInstance): void {
  app.get<{ Params: { slug: string } }>(
    '/problems/:slug',
    {
      config: { scope: 'public' },
      schema: {
        operationId: 'getProblemPage',
        tags: ['operations'],
        summary: 'What a problem type means, and what to do about it',
        params: Params,
        response: {
          200: { description: 'Markdown', content: { 'text/plain': { schema: Type.String() } } },
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const { slug } = request.params
      const page = await readFile(new URL(`${slug}.md`, PAGES), 'utf8').catch(() => {
        throw new ProblemUnknownError(`No problem type is called ${slug}`)
      })
      return reply.type('text/plain; charset=utf-8').serializer(String).send(page)
    },
  )
}
