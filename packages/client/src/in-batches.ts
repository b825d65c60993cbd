import { orAborted } from './signals.ts'

export type BatchLimits = {
  /** Most items of a batch. */
  readonly items: number
  /** Most bytes that its items have as JSON. */
  readonly bytes: number
  /** Ms after which a batch goes as it is, when the source has nothing more at the moment. */
  readonly lingerMs: number
}

const WAITED = Symbol('waited')

/** Batches of a source, which is never read further than the batch in the making. */
export async function* inBatches<Item>(
  source: AsyncIterable<Item> | Iterable<Item>,
  { items, bytes: mostBytes, lingerMs }: BatchLimits,
  signal?: AbortSignal,
): AsyncGenerator<Item[], void, undefined> {
  const iterator = iterate(source)
  let batch: Item[] = []
  let bytes = 0
  let asking = false
  try {
    for (;;) {
      asking = true
      const next = orAborted(iterator.next(), signal)
      // Whatever becomes of it is seen when it is awaited.
      next.catch(() => {})
      const soon = batch.length > 0 ? await within(next, lingerMs) : await next
      if (soon === WAITED) {
        yield batch
        batch = []
        bytes = 0
      }
      const given = await next
      asking = false
      if (given.done) break
      const size = byteLength(given.value)
      if (batch.length >= items || (batch.length > 0 && bytes + size > mostBytes)) {
        yield batch
        batch = []
        bytes = 0
      }
      batch.push(given.value)
      bytes += size
    }
    if (batch.length > 0) yield batch
  } finally {
    const closed = iterator.return()
    // A source that is silent at the moment closes when it speaks.
    if (asking) closed.catch(() => {})
    else await closed
  }
}

async function* iterate<Item>(source: AsyncIterable<Item> | Iterable<Item>) {
  yield* source
}

function byteLength(item: unknown): number {
  return Buffer.byteLength(JSON.stringify(item)) + 1
}

async function within<Value>(
  promise: Promise<Value>,
  milliseconds: number,
): Promise<Value | typeof WAITED> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<typeof WAITED>((resolve) => {
    timer = setTimeout(() => resolve(WAITED), milliseconds)
  })
  try {
    return await Promise.race([promise, over])
  } finally {
    clearTimeout(timer)
  }
}
