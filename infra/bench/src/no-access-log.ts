let waiting: (() => void)[] = []

function answer(): void {
  const now = waiting
  waiting = []
  for (const done of now) done()
}

/** Answers all requests of one turn of the event loop together, as the service did before it recorded. */
export function openAccessLog() {
  return {
    add(_draft: unknown, done: () => void): void {
      if (waiting.push(done) === 1) setImmediate(answer)
    },
    open: async () => {},
    close: async () => {},
  }
}
