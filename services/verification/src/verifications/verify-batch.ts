import { setImmediate as nextTurn } from 'node:timers/promises'

import type { Client } from '@lexchange/auth'
import { compileBody, RequestInvalidError, toInputErrors } from '@lexchange/http-server'
import { type Problem, toProblem } from '@lexchange/problems'

import { type VerificationAnswer, VerificationRequest } from './verification.schemas.ts'
import type { VerificationDeps } from './verify-license.ts'
import { prepare, verifyRequest } from './verify-request.ts'

type Item = VerificationAnswer | { problem: Problem }
type AwaitPosition = (minPosition: number) => Promise<void>

/** How long other requests may be kept from their turn, in ms. */
const SLICE = 5

const isRequest = compileBody(VerificationRequest)

/** Who asks, and the path of the request, for the problems in it. */
type BatchContext = { client: Pick<Client, 'clientId' | 'departmentId'>; instance: string }

/** docs/flows/verify-batch.md. Each item is answered, or refused, by itself. */
export async function verifyBatch(
  deps: VerificationDeps & { awaitPosition: AwaitPosition },
  items: readonly unknown[],
  { client, instance }: BatchContext,
): Promise<Item[]> {
  const checked = items.map(checkItem)
  const failed = await awaitPositions(deps, checked)
  await Promise.all(
    checked.map((item) => (item instanceof Error ? undefined : prepare(deps, item))),
  )
  const answers: Item[] = []
  let sliceEnd = performance.now() + SLICE
  for (const item of checked) {
    answers.push(answerItem(deps, item, failed, { client, instance }))
    if (performance.now() < sliceEnd) continue
    await nextTurn()
    sliceEnd = performance.now() + SLICE
  }
  return answers
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
  { projection, awaitPosition }: VerificationDeps & { awaitPosition: AwaitPosition },
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

function answerItem(
  deps: VerificationDeps,
  item: Checked,
  failed: ReadonlyMap<number, unknown>,
  { client, instance }: BatchContext,
): Item {
  try {
    if (item instanceof Error) throw item
    if (item.minPosition !== undefined && failed.has(item.minPosition))
      throw failed.get(item.minPosition)
    return verifyRequest(deps, item, client)
  } catch (error) {
    return { problem: toProblem(error, instance) }
  }
}
