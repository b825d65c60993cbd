/** Waits for the write that holds it; many that come together share one. */
export type GroupCommit<Item> = {
  /** Resolves when it is durable. Rejects with what the write failed with. */
  add(item: Item): Promise<void>
  /** Resolves when all that was added is written. */
  settled(): Promise<void>
}

type Waiter = { resolve(): void; reject(error: unknown): void }

/**
 * Writes what is added while another write is under way together, so that the cost of one durable
 * write is shared by all requests that wait for it.
 * @param write makes the items durable, in order, or rejects and leaves none of them.
 */
export function createGroupCommit<Item>(
  write: (items: readonly Item[]) => Promise<void>,
): GroupCommit<Item> {
  let waiting: { items: Item[]; waiters: Waiter[] } = { items: [], waiters: [] }
  let running: Promise<void> | undefined

  async function run(): Promise<void> {
    while (waiting.items.length > 0) {
      const { items, waiters } = waiting
      waiting = { items: [], waiters: [] }
      try {
        await write(items)
        for (const { resolve } of waiters) resolve()
      } catch (error) {
        for (const { reject } of waiters) reject(error)
      }
    }
    running = undefined
  }

  return {
    add(item) {
      const done = new Promise<void>((resolve, reject) => {
        waiting.items.push(item)
        waiting.waiters.push({ resolve, reject })
      })
      // In a turn of its own, so that all requests of this turn are in the first write.
      running ??= Promise.resolve().then(run)
      return done
    },
    async settled() {
      await running
    },
  }
}
