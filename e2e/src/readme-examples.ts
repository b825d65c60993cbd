export type Example = {
  /** js or sh */
  language: string
  /** What follows the language: `subscription`, `exit=1`, … */
  marks: string[]
  /** Of the first line's comment. */
  file: string | undefined
  code: string
}

/** The fenced blocks of a page that name a language. */
export function readExamples(page: string): Example[] {
  const blocks = page.matchAll(/^```(\w+)([^\n]*)\n([\s\S]*?)^```$/gm)
  return [...blocks].map(([, language = '', marks = '', code = '']) => ({
    language,
    marks: marks.trim().split(' ').filter(Boolean),
    file: /^\/\/ (\S+\.mjs)/.exec(code)?.[1],
    code,
  }))
}
