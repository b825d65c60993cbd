import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { waitFor } from '../wait-for.ts'
import { looksLike, type Step } from './read-page.ts'
import type { Terminal } from './terminal.ts'

export type Reader = {
  /** Where commands are typed. */
  terminal: Terminal
  /** Opens a second terminal, for what goes on. */
  openSecond: () => Terminal
  /** Where files are saved. */
  folder: string
}

/** Long enough for a first start that makes its databases on a busy machine. */
const APPEARS_SECONDS = 120

/**
 * Does what a page says, word for word.
 * @throws Error with the step, and with what appeared in place of what the page shows.
 */
export async function followPage(steps: readonly Step[], reader: Reader): Promise<void> {
  for (const step of steps) {
    if (step.kind === 'file') writeFileSync(join(reader.folder, step.name), step.content)
    else await doStep(step, step.stay ? reader.openSecond() : reader.terminal)
  }
}

async function doStep(step: Extract<Step, { kind: 'commands' }>, terminal: Terminal) {
  const { code, expected, stay } = step
  const before = terminal.shown().length
  const appeared = () => terminal.shown().slice(before)
  const explain = (why: unknown) =>
    new Error(
      `${why}\n--- typed\n${code}--- wanted\n${expected?.text ?? ''}--- appeared\n${appeared()}`,
    )
  try {
    if (stay) terminal.type(code)
    else await terminal.run(code)
    if (!expected) return
    await waitFor(
      () => looksLike(expected.text, expected.whole, appeared()),
      'what the page shows',
      stay ? APPEARS_SECONDS : 30,
    )
  } catch (error) {
    throw explain(error)
  }
}
