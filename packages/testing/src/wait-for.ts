/**
 * Waits until a condition holds; an error inside it counts as not yet.
 * @param timeout in ms.
 */
export async function waitFor(
  condition: () => Promise<boolean> | boolean,
  { timeout = 10_000 } = {},
): Promise<void> {
  const end = Date.now() + timeout
  let last: unknown
  for (;;) {
    try {
      if (await condition()) return
    } catch (error) {
      last = error
    }
    if (Date.now() > end)
      throw new Error(`the condition did not hold within ${timeout} ms`, { cause: last })
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
