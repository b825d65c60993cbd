import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  type Answer,
  CommandHeaders,
  commandKeyOf,
  problems,
  refusalOf,
  sendAnswer,
} from '@lexchange/http-server'
import { runOnce } from '@lexchange/postgres'
import type { Transaction } from 'kysely'
import type { Static } from 'typebox'

import { AuthorityNotForeignError, DirectoryEntryNotFoundError } from './directory.errors.ts'
import { findEntry } from './directory.repository.ts'
import { actOf, type DirectoryDeps } from './directory.routes.ts'
import { AuthorityKeysAnswer, EntryParams, NewAuthorityKeys } from './directory.schemas.ts'
import type { DirectoryTables } from './directory.tables.ts'
import { toAnswer } from './entry-answer.ts'
import { setAuthorityKeys } from './set-authority-keys.ts'

const config = { scope: 'directory:admin' }

/** Keys that an authority signs with: those of this exchange announce theirs, others are entered. */
export const authorityKeysRoutes: FastifyPluginAsyncTypebox<DirectoryDeps> = async (
  app,
  { db, now },
) => {
  app.get(
    '/v1/authorities/:id/keys',
    {
      config,
      schema: {
        operationId: 'getAuthorityKeys',
        tags: ['directory'],
        summary: 'The keys that an authority signs with, also those of earlier times',
        params: EntryParams,
        response: { 200: AuthorityKeysAnswer, ...problems(404) },
      },
    },
    async (request) => {
      const entry = await findEntry(db, 'authority-keys', request.params.id)
      if (!entry) throw new DirectoryEntryNotFoundError('authority-keys', request.params.id)
      return toAnswer(entry) as never
    },
  )

  app.put(
    '/v1/authorities/:id/keys',
    {
      config,
      schema: {
        operationId: 'setAuthorityKeys',
        tags: ['directory'],
        summary: 'Enter the keys of an authority of another exchange; what was known stays',
        description:
          'An authority of this exchange announces its keys itself; of its known ones an administrator may say that they are revoked.',
        params: EntryParams,
        headers: CommandHeaders,
        body: NewAuthorityKeys,
        response: { 200: AuthorityKeysAnswer, ...problems(404, 409, 422) },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const once = await runOnce<DirectoryTables, Answer>(
        db,
        commandKeyOf(request),
        async (trx) => {
          const authority = await findEntry(trx, 'authority', id)
          if (authority && !authority.data.foreign) await requireKnownKeys(trx, id, request.body)
          const entry = await setAuthorityKeys(trx, id, request.body, actOf(request, now()))
          return { status: 200, headers: { etag: `"${entry.revision}"` }, body: toAnswer(entry) }
        },
        refusalOf(request),
      )
      return sendAnswer(reply, once)
    },
  )
}

/** @throws AuthorityNotForeignError for a key that the authority has not announced itself */
async function requireKnownKeys(
  trx: Transaction<DirectoryTables>,
  id: string,
  { jwks }: Static<typeof NewAuthorityKeys>,
): Promise<void> {
  const entry = await findEntry(trx, 'authority-keys', id)
  const known = new Set(entry?.data.jwks.keys.map(({ kid }) => kid))
  if (!jwks.keys.every(({ kid }) => known.has(kid))) throw new AuthorityNotForeignError(id)
}
