import { setImmediate as nextTurn } from 'node:timers/promises'

import type { AccessDraft } from '@lexchange/access-records'
import { compileBody, RequestInvalidError, toInputErrors } from '@lexchange/http-server'
import { type Problem, toProblem } from '@lexchange/problems'

import { answeredDraft } from './access-draft.ts'
import { type Admitted, type Asker, admitRequest } from './admit-request.ts'
import type { Unsealed } from './claims-view.ts'
import { holderOf, limitChecks } from './limit-checks.ts'
import { draftOfRefusal } from './record-refusal.ts'
import { type VerificationAnswer, VerificationRequest } from './verification.schemas.ts'
import type { VerificationDeps } from './verification-deps.ts'
import { prepare, verifyRequest } from './verify-request.ts'

type AwaitPosition = (minPosition: number) => Promise<void>
type BatchDeps = VerificationDeps & { awaitPosition: AwaitPosition }

/** One item on its way: admitted, or refused by an error. */
type Step = { admitted: Admitted; unsealed?: Unsealed | undefined } | { error: unknown }

type Item = VerificationAnswer | { problem: Problem }

/** The answers, and what is to be recorded before they are given. */
export type BatchVerified = { items: Item[]; drafts: AccessDraft[] }

/** How long other requests may be kept from their turn, in ms. */
const SLICE = 5

const isRequest = compileBody(VerificationRequest)

/** Who asks, and the path of the request, for the problems in it. */
type BatchContext = { client: Asker; instance: string }

/** docs/flows/verify-batch.md. Each item is answered, or refused, by itself. */
export async function verifyBatch(
  deps: BatchDeps,
  items: readonly unknown[],
  { client, instance }: BatchContext,
): Promise<BatchVerified> {
  const checked = items.map(checkItem)
  const failed = await awaitPositions(deps, checked)
  const steps = await inSlices(checked, (item) => admitItem(deps, item, failed, client))
  await limitItems(deps, steps)
  await Promise.all(steps.map((_, index) => prepareItem(deps, steps, index)))
  const answers = await inSlices(steps, (step) => answerItem(deps, step))
  return {
    items: answers.map((answer) =>
      'error' in answer ? { problem: toProblem(answer.error, instance) } : answer.answer,
    ),
    drafts: answers.map((answer, index) =>
      'error' in answer
        ? draftOfRefusal(
            deps,
            { client, now: deps.now(), action: 'batch-item' },
            items[index],
            answer.error,
          )
        : answeredDraft(answer.admitted, answer.answer, 'batch-item'),
    ),
  }
}

type Checked = VerificationRequest | RequestInvalidError

function checkItem(item: unknown): Checked {
  if (isRequest(item)) return item as VerificationRequest
  return new RequestInvalidError(toInputErrors(isRequest.errors ?? []))
}

/**
 * Waits once for all, each position from the lowest on, and a second at most in total.
 * @returns why a position was not reached, by position.
 */
async function awaitPositions(
  { projection, awaitPosition }: BatchDeps,
  items: readonly Checked[],
): Promise<Map<number, unknown>> {
  const positions = new Set(
    items.flatMap((item) =>
      item instanceof Error || item.minPosition === undefined ? [] : [item.minPosition],
    ),
  )
  const reached = projection.latestPosition()
  const failed = new Map<number, unknown>()
  await Promise.all(
    [...positions]
      .filter((position) => position > reached)
      .map((position) =>
        awaitPosition(position).catch((reason: unknown) => failed.set(position, reason)),
      ),
  )
  return failed
}

/** Other requests get their turn between two slices. */
async function inSlices<In, Out>(items: readonly In[], work: (item: In) => Out): Promise<Out[]> {
  const done: Out[] = []
  let sliceEnd = performance.now() + SLICE
  for (const item of items) {
    done.push(work(item))
    if (performance.now() < sliceEnd) continue
    await nextTurn()
    sliceEnd = performance.now() + SLICE
  }
  return done
}

function admitItem(
  deps: BatchDeps,
  item: Checked,
  failed: ReadonlyMap<number, unknown>,
  client: Asker,
): Step {
  try {
    if (item instanceof Error) throw item
    if (item.minPosition !== undefined && failed.has(item.minPosition))
      throw failed.get(item.minPosition)
    return { admitted: admitRequest(deps, item, client) }
  } catch (error) {
    return { error }
  }
}

async function limitItems(deps: BatchDeps, steps: Step[]): Promise<void> {
  const places = steps.flatMap((step, index) =>
    'error' in step ? [] : [{ index, admitted: step.admitted }],
  )
  const checks = places.map(({ admitted }) => ({ ...admitted, holder: holderOf(admitted) }))
  const errors = await limitChecks(deps, checks)
  for (const [position, error] of errors?.entries() ?? [])
    if (error) steps[places[position]?.index ?? -1] = { error }
}

function prepareItem(deps: BatchDeps, steps: Step[], index: number): Promise<void> | undefined {
  const step = steps[index]
  if (!step || 'error' in step) return undefined
  return prepare(deps, step.admitted)?.then(
    (unsealed) => {
      step.unsealed = unsealed
    },
    (error: unknown) => {
      steps[index] = { error }
    },
  )
}

function answerItem(deps: BatchDeps, step: Step) {
  if ('error' in step) return step
  const { admitted, unsealed } = step
  try {
    return { admitted, answer: verifyRequest(deps, admitted, unsealed) }
  } catch (error) {
    return { error }
  }
}
