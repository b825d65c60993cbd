/** What a reader does with a page: saves a file, or types commands and compares what appears. */
export type Step =
  | { kind: 'file'; name: string; content: string }
  | {
      kind: 'commands'
      code: string
      /** They go on in a terminal of their own. */
      stay: boolean
      expected: { text: string; whole: boolean } | undefined
    }

const FENCE = /^```(\w+)([^\n]*)\n([\s\S]*?)^```$/gm
const SAVED = /^(?:\/\/|#) (\S+\.(?:mjs|ts|py)|\w+\.java)\b/

/**
 * The steps of a page, in order. `sh` is typed (`sh stays`: in a second terminal); `text` or `json` behind
 * it is what appears: text somewhere in the output, JSON as all of it. A block of another language
 * whose first line is a comment with a file name is saved under it.
 */
export function readPage(page: string): Step[] {
  const steps: Step[] = []
  for (const [, language = '', marks = '', content = ''] of page.matchAll(FENCE)) {
    const last = steps.at(-1)
    if (language === 'sh')
      steps.push({
        kind: 'commands',
        code: content,
        stay: marks.trim() === 'stays',
        expected: undefined,
      })
    else if (language === 'text' || language === 'json') {
      if (last?.kind !== 'commands' || last.expected)
        throw new Error(`nothing is typed before this output:\n${content}`)
      last.expected = { text: content, whole: language === 'json' }
    } else {
      const name = SAVED.exec(content)?.[1]
      if (name) steps.push({ kind: 'file', name, content })
    }
  }
  return steps
}

/** Whether output is as a page shows it: `…` stands for anything, and white space counts for nothing. */
export function looksLike(expected: string, whole: boolean, actual: string): boolean {
  const literal = expected
    .replaceAll(/\s/g, '')
    .split('…')
    .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  const pattern = literal.join('.*?')
  return new RegExp(whole ? `^${pattern}$` : pattern, 's').test(actual.replaceAll(/\s/g, ''))
}
