import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  type Answer,
  CommandHeaders,
  clientOf,
  commandKeyOf,
  Page,
  PageQuery,
  problems,
  refusalOf,
  requestedTime,
  sendAnswer,
} from '@lexchange/http-server'
import { type IdempotencyTables, runOnce } from '@lexchange/postgres'
import type { FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'

import type { Directory } from '../directory/index.ts'
import type { Keyring } from './create-keyring.ts'
import {
  CompromiseTimeInvalidError,
  CredentialIssuerNotFoundError,
  SigningKeyNotFoundError,
  SigningKeyPendingError,
} from './key.errors.ts'
import {
  CompromiseRequest,
  IssuerMetadata,
  IssuerParams,
  KeyAnswer,
  KeyItem,
  KeyParams,
  keyExample,
} from './key.schemas.ts'
import {
  credentialIssuer,
  type Keys,
  publishedJwk,
  publishedKeys,
  type SigningKey,
  stateOf,
} from './key.ts'
import { compromiseKey, type KeyDeps, makeKey } from './maintain-keys.ts'
import type { SigningKeyTables } from './signing-key.tables.ts'

export type KeyRouteDeps = {
  keys: KeyDeps
  keyring: Keyring
  directory: Directory
  db: Kysely<SigningKeyTables & IdempotencyTables>
  countCredentials: (kid: string) => Promise<{ signed: number; distrusted: number }>
  /** Called when credentials may have to be made again. */
  onCompromised: () => void
  now: () => Date
}

const config = { scope: 'license:issue' }

type Routes = FastifyPluginAsyncTypebox<KeyRouteDeps>

/** An authority's own signing keys. */
export const keyRoutes: Routes = async (app, deps) => {
  for (const routes of [listRoute, rotateRoute, compromiseRoute, metadataRoute])
    await app.register(routes, deps)
}

async function answerOf(
  { now, countCredentials }: KeyRouteDeps,
  key: SigningKey,
  all: readonly SigningKey[],
) {
  const { kid, createdAt, signsFrom, compromisedSince, publicJwk } = key
  return {
    kid,
    state: stateOf(key, all, now()),
    createdAt: createdAt.toISOString(),
    signsFrom: signsFrom.toISOString(),
    compromisedSince: compromisedSince?.toISOString() ?? null,
    publicJwk: publicJwk ? publishedJwk(key) : null,
    credentials: await countCredentials(kid),
  }
}

async function ownKeys({ directory, keyring }: KeyRouteDeps, request: FastifyRequest) {
  const authority = directory.authorityOf(clientOf(request))
  await keyring.refresh()
  return { authority, all: keyring.keysOf(authority.id) }
}

const listRoute: Routes = async (app, deps) => {
  app.get(
    '/v1/keys',
    {
      config,
      schema: {
        operationId: 'listKeys',
        tags: ['keys'],
        summary: "The authority's signing keys, newest first",
        querystring: Type.Object(PageQuery, { additionalProperties: false }),
        response: {
          200: Page(KeyItem, { examples: [{ items: [keyExample], nextCursor: null }] }),
          ...problems(503),
        },
      },
    },
    async (request) => {
      const { all } = await ownKeys(deps, request)
      // One a year at the least: there are never more than fit on a page.
      const { limit = 50 } = request.query
      const shown = all.toReversed().slice(0, limit)
      const items = await Promise.all(shown.map((key) => answerOf(deps, key, all)))
      return { items, nextCursor: null } as never
    },
  )
}

const rotateRoute: Routes = async (app, deps) => {
  const { db, keys } = deps
  app.post(
    '/v1/keys/rotate',
    {
      config,
      schema: {
        operationId: 'rotateKey',
        tags: ['keys'],
        summary: 'Have a new key sign, as soon as everybody can know it',
        headers: CommandHeaders,
        response: { 201: KeyAnswer, ...problems(409, 422, 503) },
      },
    },
    async (request, reply) => {
      const once = await runOnce<SigningKeyTables, Answer>(
        db,
        commandKeyOf(request),
        async () => {
          const { authority } = await ownKeys(deps, request)
          await makeKey(keys, authority, { by: clientOf(request).clientId, isDue: noneIsPending })
          const after = await ownKeys(deps, request)
          const made = after.all.at(-1) as SigningKey
          return { status: 201, headers: {}, body: await answerOf(deps, made, after.all) }
        },
        refusalOf(request),
      )
      return sendAnswer(reply, once)
    },
  )
}

/** @throws SigningKeyPendingError */
function noneIsPending(keys: Keys, now: Date): true {
  const pending = keys.find((key) => key.signsFrom > now && key.compromisedSince === null)
  if (pending) throw new SigningKeyPendingError(pending.signsFrom)
  return true
}

const compromiseRoute: Routes = async (app, deps) => {
  const { db, keys, now } = deps
  app.post(
    '/v1/keys/:kid/compromise',
    {
      config,
      schema: {
        operationId: 'compromiseKey',
        tags: ['keys'],
        summary: 'Distrust what a key has signed since a time; credentials are made again at once',
        params: KeyParams,
        headers: CommandHeaders,
        body: CompromiseRequest,
        response: { 200: KeyAnswer, ...problems(404, 409, 422, 503) },
      },
    },
    async (request, reply) => {
      const { kid } = request.params
      const since = requestedTime('/since', request.body.since)
      const once = await runOnce<SigningKeyTables, Answer>(
        db,
        commandKeyOf(request),
        async () => {
          const { authority, all } = await ownKeys(deps, request)
          if (!all.some((key) => key.kid === kid)) throw new SigningKeyNotFoundError(kid)
          // Not written so that what is no time at all passes.
          if (!(since <= now())) throw new CompromiseTimeInvalidError()
          const by = clientOf(request).clientId
          await compromiseKey(keys, authority, { kid, since, by, reason: request.body.reason })
          const after = await ownKeys(deps, request)
          const key = after.all.find((each) => each.kid === kid) as SigningKey
          return { status: 200, headers: {}, body: await answerOf(deps, key, after.all) }
        },
        refusalOf(request),
      )
      deps.onCompromised()
      return sendAnswer(reply, once)
    },
  )
}

const metadataRoute: Routes = async (app, { keys, keyring }) => {
  app.get(
    '/.well-known/jwt-vc-issuer/authorities/:id',
    {
      config: { scope: 'public' },
      schema: {
        operationId: 'getCredentialIssuer',
        tags: ['keys'],
        summary: 'JWT VC Issuer Metadata (SD-JWT VC, 5): all keys of an authority',
        params: IssuerParams,
        response: { 200: IssuerMetadata, ...problems(404) },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const known = publishedKeys(keyring.keysOf(id))
      if (known.length === 0) throw new CredentialIssuerNotFoundError(id)
      reply.header('cache-control', 'public, max-age=60')
      return { issuer: credentialIssuer(keys.publicUrl, id), jwks: { keys: known } }
    },
  )
}
