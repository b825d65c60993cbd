import type { VerificationAnswer, VerificationRequest, VerifiedItem } from './answers.ts'
import type { Http } from './http.ts'
import { inBatches } from './in-batches.ts'
import { AnswerError, type Problem } from './problem.errors.ts'

export type VerifyManyOptions = {
  /** Items of a request: 1 to 1,000; 500. */
  readonly batch?: number
  /** Requests under way at a time; 2. */
  readonly concurrency?: number
  readonly signal?: AbortSignal
}

type BatchAnswer = { items: (VerificationAnswer | { problem: Problem })[] }

const MOST_ITEMS = 1_000
/** The service takes 4 MiB. */
const MOST_BYTES = 3.5 * 2 ** 20
const LINGER_MS = 100
/** A batch waits for its turn among others. */
const TIMEOUT_MS = 120_000

/**
 * Checks any number of licenses, answered in the order of the source. The source is read only as far as answers are
 * taken: `batch` × `concurrency` items ahead.
 */
export async function* verifyMany(
  deps: { http: Http; verification: string },
  source: AsyncIterable<VerificationRequest> | Iterable<VerificationRequest>,
  { batch = 500, concurrency = 2, signal }: VerifyManyOptions,
): AsyncGenerator<VerifiedItem, void, undefined> {
  requireCount('batch', batch, MOST_ITEMS)
  requireCount('concurrency', concurrency, 100)
  const limits = { items: batch, bytes: MOST_BYTES, lingerMs: LINGER_MS }
  const underWay: Promise<VerifiedItem[]>[] = []
  for await (const requests of inBatches(source, limits, signal)) {
    const answered = askBatch(deps, requests, signal)
    answered.catch(() => {})
    underWay.push(answered)
    if (underWay.length >= concurrency) yield* (await underWay.shift()) ?? []
  }
  for (const answered of underWay) yield* await answered
}

async function askBatch(
  { http, verification }: { http: Http; verification: string },
  requests: VerificationRequest[],
  signal: AbortSignal | undefined,
): Promise<VerifiedItem[]> {
  const { items } = await http.json<BatchAnswer>({
    method: 'POST',
    url: `${verification}/v1/verifications/batch`,
    json: { items: requests },
    repeatable: true,
    timeoutMs: TIMEOUT_MS,
    signal,
  })
  if (items?.length !== requests.length)
    throw new AnswerError(`${requests.length} were asked, and ${items?.length} answered`)
  return requests.map((request, index) => {
    const item = items[index] as BatchAnswer['items'][number]
    return 'problem' in item ? { request, problem: item.problem } : { request, answer: item }
  })
}

function requireCount(name: string, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 1 || value > most)
    throw new RangeError(`${name} is a whole number from 1 to ${most}`)
}
