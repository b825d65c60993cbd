import type { Once } from '@lexchange/postgres'

import { type IssueDeps, type IssueRequest, issueLicense } from './issue-license.ts'

/** So many share their commits at most, and so many groups are under way at once. */
const GROUP = 64
const GROUPS = 2

type Waiting<Answer> = {
  request: IssueRequest<Answer>
  resolve: (once: Once<Answer>) => void
  reject: (reason: unknown) => void
}

/**
 * Makes the function that issues one license. Those that arrive while others are being stored are stored
 * together: alone nobody waits, and under load one commit serves many.
 */
export function createIssueQueue<Answer extends object>(deps: IssueDeps) {
  const waiting: Waiting<Answer>[] = []
  let running = 0

  function next(): void {
    while (running < GROUPS && waiting.length > 0) {
      running++
      void issueGroup(deps, waiting.splice(0, GROUP)).finally(() => {
        running--
        next()
      })
    }
  }

  return (request: IssueRequest<Answer>): Promise<Once<Answer>> =>
    new Promise((resolve, reject) => {
      // At the end of this turn of the event loop, so that those of one turn go together.
      if (waiting.push({ request, resolve, reject }) === 1) setImmediate(next)
    })
}

async function issueGroup<Answer extends object>(
  deps: IssueDeps,
  group: readonly Waiting<Answer>[],
): Promise<void> {
  try {
    const outcomes = await issueLicense(
      deps,
      group.map(({ request }) => request),
    )
    for (const [index, { resolve, reject }] of group.entries()) {
      const outcome = outcomes[index]
      if (outcome?.value) resolve(outcome.value)
      else reject(outcome?.error)
    }
  } catch (error) {
    for (const { reject } of group) reject(error)
  }
}
