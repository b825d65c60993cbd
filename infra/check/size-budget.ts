import { existsSync, readFileSync } from 'node:fs'

import { sourceFiles } from './source-files.ts'

const FILE = 300
/** app.ts wires a whole service on one screen. */
const SCREEN = 80

/** Files over their budget of lines: over budget means a missing name. */
export function filesOverBudget(): string[] {
  return sourceFiles()
    .filter((file) => existsSync(file) && !file.includes('/generated/'))
    .map((file) => ({ file, lines: readFileSync(file, 'utf8').split('\n').length - 1 }))
    .filter(({ file, lines }) => lines > budgetOf(file))
    .map(({ file, lines }) => `${file}: ${lines} lines, budget ${budgetOf(file)}`)
}

function budgetOf(file: string): number {
  return /^services\/[^/]+\/src\/app\.ts$/.test(file) ? SCREEN : FILE
}
