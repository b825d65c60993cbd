import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { InsufficientScopeError } from '@lexchange/auth'
import {
  type Answer,
  CommandHeaders,
  clientOf,
  commandKeyOf,
  decodeCursor,
  encodeCursor,
  Page,
  problems,
  refusalOf,
  sendAnswer,
} from '@lexchange/http-server'
import { departmentCredentials } from '@lexchange/nats-accounts'
import { type IdempotencyTables, runOnce } from '@lexchange/postgres'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'

import { actOf } from '../directory/index.ts'
import type { NatsAccount } from './follow-account.ts'
import { issueNatsCredentials } from './issue-nats-credentials.ts'
import { NatsCredentialsUnavailableError } from './nats-credential.errors.ts'
import { listCredentials } from './nats-credential.repository.ts'
import {
  DEFAULT_SECONDS,
  EXAMPLE_PAGE,
  IssuedNatsCredentials,
  NatsCredentialAnswer,
  NatsCredentialParams,
  NatsCredentialQuery,
  NatsDepartmentParams,
  NewNatsCredentials,
} from './nats-credential.schemas.ts'
import type { NatsCredentialTables } from './nats-credential.tables.ts'
import type { NatsCredential } from './nats-credential.ts'
import { revokeNatsCredentials } from './revoke-nats-credentials.ts'

export type NatsCredentialDeps = {
  db: Kysely<NatsCredentialTables & IdempotencyTables>
  /** Undefined where the registry has no keys of the account. */
  account: NatsAccount | undefined
  now: () => Date
}

const ADMIN = 'directory:admin'
const MANAGE = 'subscription:manage'
const config = { scope: [ADMIN, MANAGE] }
const tags = ['subscriptions']

export const natsCredentialRoutes: FastifyPluginAsyncTypebox<NatsCredentialDeps> = async (
  app,
  deps,
) => {
  await app.register(issueRoute, deps)
  await app.register(listRoute, deps)
  await app.register(revokeRoute, deps)
}

const issueRoute: FastifyPluginAsyncTypebox<NatsCredentialDeps> = async (app, deps) => {
  app.post(
    '/v1/departments/:id/nats-credentials',
    {
      config,
      schema: {
        operationId: 'issueNatsCredentials',
        tags,
        summary: 'Get credentials for NATS, which pull from the consumers of the department only',
        params: NatsDepartmentParams,
        headers: CommandHeaders,
        body: NewNatsCredentials,
        response: { 201: IssuedNatsCredentials, ...problems(403, 404, 409, 422, 503) },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      requireOf(request as never, id)
      const { account } = deps
      if (!account) throw new NatsCredentialsUnavailableError('the registry has no account keys')
      account.requireConnected()
      const seconds = request.body?.expiresIn ?? DEFAULT_SECONDS
      const once = await runOnce<NatsCredentialTables, Answer>(
        deps.db,
        commandKeyOf(request as never),
        async (trx) => {
          const act = actOf(request as never, deps.now())
          const issued = await issueNatsCredentials(trx, account.keys, id, seconds, act)
          return {
            status: 201,
            headers: { 'cache-control': 'no-store' },
            body: issuedAnswer(issued),
          }
        },
        refusalOf(request as never),
      )
      await account.follow().catch(() => {})
      return sendAnswer(reply as never, {
        ...once,
        answer: await shown(account, once.answer),
      }) as never
    },
  )
}

const listRoute: FastifyPluginAsyncTypebox<NatsCredentialDeps> = async (app, deps) => {
  app.get(
    '/v1/departments/:id/nats-credentials',
    {
      config,
      schema: {
        operationId: 'listNatsCredentials',
        tags,
        summary: 'Credentials for NATS that the department was given, oldest first',
        params: NatsDepartmentParams,
        querystring: NatsCredentialQuery,
        response: {
          200: Page(NatsCredentialAnswer, { examples: [EXAMPLE_PAGE] }),
          ...problems(400, 403),
        },
      },
    },
    async (request) => {
      const { id } = request.params
      requireOf(request as never, id)
      const { limit = 50, cursor } = request.query
      const after = cursor === undefined ? undefined : decodeCursor(cursor, 1)[0]
      const found = await listCredentials(deps.db, id, { after, limit: limit + 1 })
      const items = found.slice(0, limit)
      const last = found.length > limit ? items.at(-1) : undefined
      const now = deps.now()
      return {
        items: items.map((each) => listedAnswer(each, now)),
        nextCursor: last ? encodeCursor([last.id]) : null,
      } as never
    },
  )
}

const revokeRoute: FastifyPluginAsyncTypebox<NatsCredentialDeps> = async (app, deps) => {
  app.delete(
    '/v1/departments/:id/nats-credentials/:credentialId',
    {
      config,
      schema: {
        operationId: 'revokeNatsCredentials',
        tags,
        summary: 'Revoke credentials; NATS ends their connections within a second',
        params: NatsCredentialParams,
        headers: CommandHeaders,
        response: {
          204: { type: 'null', description: 'They open nothing any more' } as never,
          ...problems(403, 404, 409, 422),
        },
      },
    },
    async (request, reply) => {
      const { id, credentialId } = request.params
      requireOf(request as never, id)
      const once = await runOnce<NatsCredentialTables, Answer>(
        deps.db,
        commandKeyOf(request as never),
        async (trx) => {
          await revokeNatsCredentials(trx, id, credentialId, actOf(request as never, deps.now()))
          return { status: 204, headers: {}, body: null }
        },
        refusalOf(request as never),
      )
      // While NATS is away nobody connects; it is told when it is back.
      await deps.account?.follow().catch(() => {})
      return sendAnswer(reply as unknown as FastifyReply, once) as never
    },
  )
}

/** A department is let at its own; everything else needs an administrator. */
function requireOf(request: FastifyRequest, departmentId: string): void {
  const { scopes, departmentId: own } = clientOf(request)
  if (!scopes.has(ADMIN) && own !== departmentId) throw new InsufficientScopeError(ADMIN)
}

function issuedAnswer({ id, departmentId, createdAt, expiresAt }: NatsCredential) {
  return {
    ...{ id, departmentId },
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
  }
}

/** Kept answers hold no credentials: they are made again, the same. */
async function shown({ keys }: NatsAccount, answer: Answer): Promise<Answer> {
  if (answer.status !== 201) return answer
  const issued = answer.body as ReturnType<typeof issuedAnswer>
  const expiresAt = new Date(issued.expiresAt)
  const creds = await departmentCredentials(keys, { ...issued, expiresAt })
  return { ...answer, body: { ...issued, creds } }
}

function listedAnswer(credential: NatsCredential, now: Date): Record<string, unknown> {
  const { publicKey, issuedBy, revokedAt, expiresAt } = credential
  const expired = expiresAt <= now
  return {
    ...issuedAnswer(credential),
    publicKey,
    issuedBy,
    state: revokedAt !== null ? 'revoked' : expired ? 'expired' : 'active',
    revokedAt: revokedAt?.toISOString() ?? null,
  }
}
