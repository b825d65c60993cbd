import type { Readable } from 'node:stream'

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  CommandHeaders,
  clientOf,
  commandKeyOf,
  MediaTypeUnsupportedError,
  problems,
  RequestInvalidError,
  refusalOf,
  sendAnswer,
  traceparentOf,
} from '@lexchange/http-server'
import { runOnce } from '@lexchange/postgres'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Kysely, Transaction } from 'kysely'
import type { Static } from 'typebox'

import type { Directory } from '../directory/index.ts'
import { requireGrantedType } from '../licenses/index.ts'
import { makeDataKey, type Sealing } from '../sealing/index.ts'
import { ImportNotFoundError } from './import.errors.ts'
import { beginImport, deleteImport, findImport, listErrors } from './import.repository.ts'
import {
  ImportAccepted,
  ImportAnswer,
  ImportBody,
  ImportParams,
  ImportQuery,
} from './import.schemas.ts'
import type { ImportTables } from './import.tables.ts'
import { receiveImport } from './receive-import.ts'

export type ImportRouteDeps = {
  db: Kysely<ImportTables>
  directory: Directory
  newId: () => string
  sealing: Sealing
  maxBytes: number
  /** Called when an import is there to be worked on. */
  onReceived: () => void
}

const config = { scope: 'license:issue' }
const FORMATS = { 'application/x-ndjson': 'ndjson', 'text/csv': 'csv' } as const

export const importRoutes: FastifyPluginAsyncTypebox<ImportRouteDeps> = async (app, deps) => {
  const { db, directory, maxBytes } = deps
  // Bodies are handed on as streams, and nothing else is taken here.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(Object.keys(FORMATS), (_request, payload, done) => done(null, payload))
  const validators = app.validatorCompiler

  app.post(
    '/imports',
    {
      config,
      bodyLimit: maxBytes,
      validatorCompiler: (route) =>
        route.httpPart === 'body' || !validators ? () => true : validators(route),
      schema: {
        operationId: 'importLicenses',
        tags: ['imports'],
        summary: 'Import licenses that are already in use',
        description:
          'A row that is wrong is refused by itself; GET the Location for what became of each.',
        querystring: ImportQuery,
        headers: CommandHeaders,
        body: ImportBody,
        response: { 202: ImportAccepted, ...problems(409, 422) },
      },
    },
    (request, reply) => receive(deps, request, reply),
  )

  app.get(
    '/imports/:id',
    {
      config,
      schema: {
        operationId: 'getImport',
        tags: ['imports'],
        summary: 'How far an import is, and which rows were refused',
        params: ImportParams,
        response: { 200: ImportAnswer, ...problems(404) },
      },
    },
    async (request) => {
      const { id } = request.params
      const found = await findImport(db, id, directory.authorityOf(clientOf(request)).id)
      if (!found) throw new ImportNotFoundError(id)
      const errors = found.error_count === 0 ? [] : await listErrors(db, id)
      return {
        id,
        state: found.state as 'running' | 'done' | 'failed',
        rows: found.rows,
        imported: found.imported,
        rejected: found.rejected,
        errors,
        errorsOmitted: Math.max(0, found.error_count - errors.length),
      }
    },
  )
}

type ImportRequest = FastifyRequest & { query: Static<typeof ImportQuery> }

async function receive(deps: ImportRouteDeps, request: ImportRequest, reply: FastifyReply) {
  const { db, directory, newId, sealing, maxBytes, onReceived } = deps
  const format = formatOf(request)
  const { type = null, acceptLegacyUscc = false } = request.query
  const client = clientOf(request)
  const authority = directory.authorityOf(client)
  if (type !== null) requireGrantedType(authority, type)
  else if (format === 'csv')
    throw new RequestInvalidError([{ pointer: '/type', detail: 'is required (querystring)' }])
  const key = commandKeyOf(request)
  const id = newId()
  const dataKey = await makeDataKey(sealing.keys, id)
  const created = {
    id,
    data_key: dataKey.wrapped,
    authority_id: authority.id,
    by_client: client.clientId,
    type,
    accept_legacy_uscc: acceptLegacyUscc,
    traceparent: traceparentOf(request) ?? null,
  }
  const body = request.body as unknown as Readable
  const { rows, digest } = await receiveImport(
    db,
    { created, key: dataKey.key },
    { format, body, maxBytes },
  )
  const once = await runOnce(
    db,
    key && { ...key, request: [format, type, acceptLegacyUscc, digest] },
    async (trx: Transaction<ImportTables>) => {
      await beginImport(trx, created.id, rows)
      return {
        status: 202,
        headers: { location: `/v1/imports/${created.id}` },
        body: { id: created.id, state: rows === 0 ? 'done' : 'running' } as unknown,
      }
    },
    refusalOf(request),
  ).catch(async (error: unknown) => {
    await deleteImport(db, created.id).catch(() => {})
    throw error
  })
  if (once.replayed) await deleteImport(db, created.id)
  else onReceived()
  return sendAnswer(reply, once)
}

function formatOf(request: FastifyRequest): 'csv' | 'ndjson' {
  const [mediaType = ''] = (request.headers['content-type'] ?? '').split(';', 1)
  const format = FORMATS[mediaType.trim().toLowerCase() as keyof typeof FORMATS]
  if (!format || !request.body)
    throw new MediaTypeUnsupportedError('Send application/x-ndjson or text/csv')
  return format
}
