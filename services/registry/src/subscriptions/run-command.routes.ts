import { type Answer, clientOf, commandKeyOf, refusalOf, sendAnswer } from '@lexchange/http-server'
import { runOnce } from '@lexchange/postgres'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Transaction } from 'kysely'

import { type Act, actOf } from '../directory/index.ts'
import type { EventRouteDeps } from './event.routes.ts'
import { measureSubscription } from './measure-subscription.ts'
import { departmentOf } from './own-subscription.ts'
import { secretText } from './secrets.ts'
import { findSubscription } from './subscription.repository.ts'
import type { SubscriptionTables } from './subscription.tables.ts'
import type { Subscription } from './subscription.ts'
import { type Places, toAnswer } from './subscription-answer.ts'
import { waitForFanOut } from './wait-for-fan-out.ts'
import { openSecret } from './webhook-secrets.ts'

export type SubscriptionRouteDeps = EventRouteDeps & Places

type Result = Answer & {
  /** The subscription whose secret it shows. */
  secretOf?: string
  /** The one that the fan-out is to follow before it leaves. */
  waitFor?: string
  /** The one that is no more. */
  removed?: string
  /** Whether there is a consumer that its department may pull from now. */
  permits?: boolean
}

type Run = (trx: Transaction<SubscriptionTables>, act: Act, departmentId: string) => Promise<Result>

/** Answers with secrets are kept without them: what is given again is opened anew. */
export async function runCommand(
  deps: SubscriptionRouteDeps,
  received: unknown,
  reply: unknown,
  run: Run,
) {
  const request = received as FastifyRequest
  const departmentId = departmentOf(clientOf(request))
  const once = await runOnce<SubscriptionTables, Result>(
    deps.db,
    commandKeyOf(request),
    (trx) => run(trx, actOf(request, deps.now()), departmentId),
    refusalOf(request),
  )
  const { secretOf, waitFor, removed, permits, ...answer } = once.answer
  // What is left where NATS is away is found and taken away by the fan-out.
  if (removed !== undefined) await deps.streams.remove(removed).catch(() => {})
  if (permits || removed !== undefined) await deps.permitConsumers()
  if (waitFor !== undefined) await waitForFanOut(deps.db, departmentId, waitFor)
  const shown =
    secretOf === undefined ? answer : await withSecret(deps, departmentId, secretOf, answer)
  return sendAnswer(reply as FastifyReply, { ...once, answer: shown }) as never
}

export async function answerOf(
  deps: SubscriptionRouteDeps,
  subscription: Subscription,
  status: number,
): Promise<Result> {
  const { id, kind, revision } = subscription
  return {
    status,
    headers: { etag: `"${revision}"` },
    body: toAnswer(subscription, await measureSubscription(deps, subscription), deps),
    ...(status === 201 && kind === 'webhook' && { secretOf: id }),
    ...(status === 201 && kind === 'jetstream' && { permits: true }),
  }
}

async function withSecret(
  { db, keyring }: SubscriptionRouteDeps,
  departmentId: string,
  id: string,
  answer: Answer,
): Promise<Answer> {
  const sealed = (await findSubscription(db, departmentId, id))?.secrets[0]
  if (!sealed) return answer
  const secret = secretText(await openSecret(keyring, id, sealed))
  const body = answer.body as { delivery?: object }
  return {
    ...answer,
    body: body.delivery ? { ...body, delivery: { ...body.delivery, secret } } : { ...body, secret },
  }
}
