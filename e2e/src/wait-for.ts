/** Waits until a condition holds; an error inside it counts as not yet. */
export async function waitFor(
  condition: () => Promise<boolean> | boolean,
  what: string,
  seconds = 30,
): Promise<void> {
  const end = Date.now() + seconds * 1000
  for (;;) {
    try {
      if (await condition()) return
    } catch {
      // Not yet: what is asked may be down.
    }
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
