import { existsSync, readdirSync, readFileSync } from 'node:fs'

import { sourceFiles } from './source-files.ts'

const PAGES = 'docs/problems'
/** An unexpected failure has no class of its own. */
const WITHOUT_CLASS = ['internal-error']

/** Problem types without a complete page, and pages of no problem type. */
export function problemPageFaults(): string[] {
  const codes = new Set([...WITHOUT_CLASS, ...codesInSources()])
  const pages = existsSync(PAGES) ? readdirSync(PAGES).filter((page) => page.endsWith('.md')) : []
  const faults = [...codes].map(faultOfPage).filter((fault) => fault !== undefined)
  const strays = pages
    .map((page) => page.slice(0, -'.md'.length))
    .filter((slug) => slug !== 'README' && !codes.has(slug))
  return [...faults, ...strays.map((slug) => `${PAGES}/${slug}.md: no error has the code ${slug}`)]
}

function codesInSources(): string[] {
  return (
    sourceFiles()
      .filter((file) => /^(services|packages)\//.test(file) && !file.endsWith('.test.ts'))
      // What the client and a socket say has no page: no service answers it.
      .filter((file) => !/^packages\/(client|outgoing)\//.test(file))
      .filter((file) => existsSync(file))
      .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/readonly code = '([^']+)'/g)])
      .map(([, code]) => code as string)
  )
}

function faultOfPage(code: string): string | undefined {
  const file = `${PAGES}/${code}.md`
  if (!existsSync(file)) return `${file} is missing`
  const page = readFileSync(file, 'utf8')
  if (!/^# \S/.test(page)) return `${file} does not begin with a title`
  if (!page.includes('```')) return `${file} has no example`
  return undefined
}
