import { readFile } from 'node:fs/promises'

import { DomainError, type Problem, problemType } from '@lexchange/problems'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'

import { problems } from './problem-schema.ts'

const PAGES = new URL('../../../docs/problems/', import.meta.url)

class ProblemUnknownError extends DomainError {
  readonly code = 'problem-unknown'
  readonly kind = 'not-found'
}

const EXAMPLE = /^```json\n([\s\S]*?)\n```/m

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
      const page = await readPage(slug)
      return reply.type('text/plain; charset=utf-8').serializer(String).send(page)
    },
  )
}

/** @throws ProblemUnknownError */
function readPage(slug: string): Promise<string> {
  return readFile(new URL(`${slug}.md`, PAGES), 'utf8').catch(() => {
    throw new ProblemUnknownError(`No problem type is called ${slug}`)
  })
}

/**
 * The problem document that the page of a type shows as its example.
 * @param code as `[a-z0-9-]+`, because it names a file.
 * @throws a problem `problem-unknown`, also for reasons that are found at parked events only and answer nobody
 */
export async function readProblemExample(code: string): Promise<Problem> {
  const [, text = '{}'] = EXAMPLE.exec(await readPage(code)) ?? []
  const example = JSON.parse(text) as Partial<Problem>
  if (example.type !== problemType(code) || example.status === undefined)
    throw new ProblemUnknownError(`No request is answered by ${code}`)
  return example as Problem
}
