/** Waits for the write that holds it; many that come together share one. */
export type GroupCommit<Item> = {
  /** Resolves when it is durable. Rejects with what the write failed with. */
  add(item: Item): Promise<void>
  /** The same without a promise for each: calls back when it is durable, or with the failure. */
  push(item: Item, done: (error?: unknown) => void): void
  /** Resolves when all that was added is written. */
  settled(): Promise<void>
}

/**
 * Writes what is added while another write is under way together, so that the cost of one durable
 * write is shared by all requests that wait for it.
 * A write that follows another waits until as many are there again as were under way when it ended: a write
 * costs the processor as much as several requests do.
 * @param write makes the items durable, in order, or rejects and leaves none of them.
 * @param gatherMs how long they are waited for at most; 0 is not at all.
 */
export function createGroupCommit<Item>(
  write: (items: readonly Item[]) => Promise<void>,
  gatherMs = 0,
): GroupCommit<Item> {
  let items: Item[] = []
  let waiters: ((error?: unknown) => void)[] = []
  let running: Promise<void> | undefined
  let least = 0
  let enough: (() => void) | undefined

  async function run(): Promise<void> {
    while (items.length > 0) {
      // All requests of this turn are in one write; while a write blocks, no others are heard.
      await new Promise((resolve) => setImmediate(resolve))
      const group = items
      const waiting = waiters
      items = []
      waiters = []
      let failure: unknown
      try {
        await write(group)
      } catch (error) {
        failure = error ?? new Error('the write failed')
      }
      least = group.length + items.length
      for (const done of waiting) done(failure)
      if (gatherMs > 0 && items.length < least) await gather()
    }
    running = undefined
  }

  function gather(): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        enough = undefined
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(go, gatherMs)
      enough = go
    })
  }

  function push(item: Item, done: (error?: unknown) => void): void {
    items.push(item)
    waiters.push(done)
    if (enough && items.length >= least) enough()
    running ??= run()
  }

  return {
    push,
    add: (item) =>
      new Promise((resolve, reject) => {
        push(item, (error) => (error === undefined ? resolve() : reject(error)))
      }),
    async settled() {
      while (running) await running
    },
  }
}
