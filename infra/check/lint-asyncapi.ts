import { existsSync, readFileSync } from 'node:fs'

import { Parser } from '@asyncapi/parser'

const FILE = 'docs/asyncapi.json'
/** DiagnosticSeverity of an error and of a warning; below them is advice. */
const WARNING = 1

/** Faults of the AsyncAPI document by the parser of the AsyncAPI Initiative. */
export async function asyncApiFaults(): Promise<string[]> {
  if (!existsSync(FILE)) return [`${FILE} is missing: npm run generate`]
  const diagnostics = await new Parser().validate(readFileSync(FILE, 'utf8'))
  return diagnostics
    .filter(({ severity }) => severity <= WARNING)
    .map(({ path, message, code }) => `${FILE}#/${path.join('/')}: ${message} (${code})`)
}
