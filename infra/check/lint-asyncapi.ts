import { existsSync, readFileSync } from 'node:fs'

import { Parser } from '@asyncapi/parser'

const FILES = ['docs/asyncapi.json', 'docs/asyncapi-deliveries.json']
/** DiagnosticSeverity of an error and of a warning; below them is advice. */
const WARNING = 1

/** Faults of the AsyncAPI documents by the parser of the AsyncAPI Initiative. */
export async function asyncApiFaults(): Promise<string[]> {
  const faults = await Promise.all(FILES.map(faultsOf))
  return faults.flat()
}

async function faultsOf(file: string): Promise<string[]> {
  if (!existsSync(file)) return [`${file} is missing: npm run generate`]
  const diagnostics = await new Parser().validate(readFileSync(file, 'utf8'))
  return diagnostics
    .filter(({ severity }) => severity <= WARNING)
    .map(({ path, message, code }) => `${file}#/${path.join('/')}: ${message} (${code})`)
}
