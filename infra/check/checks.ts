import { spawn } from 'node:child_process'
import { delimiter, dirname } from 'node:path'

import { problemPageFaults } from './problem-pages.ts'
import { filesOverBudget } from './size-budget.ts'

export type Check = {
  name: string
  /** What is run, as a reader would type it. */
  what: string
  /** Resolves to what is wrong; nothing is wrong when it is empty. */
  run: () => Promise<string>
}

const FOLDERS = ['services', 'packages', 'infra', 'e2e']

export const checks: readonly Check[] = [
  tool('types', 'tsc', ['-p', 'tsconfig.json', '--noEmit']),
  tool('lint', 'biome', ['ci', '--colors=off', '--max-diagnostics=50']),
  tool('dependencies', 'depcruise', ['--no-progress', ...FOLDERS]),
  tool('boundaries', 'turbo', ['boundaries', '--no-color', '--no-update-notifier']),
  tool('unused', 'knip', ['--no-progress']),
  list('size', 'lines per file', filesOverBudget),
  command('generated', 'generate.ts --check', process.execPath, [
    'infra/check/generate.ts',
    '--check',
  ]),
  list('openapi', 'redocly on openapi.json', async () => {
    const { openApiFaults } = await import('./lint-openapi.ts')
    return openApiFaults()
  }),
  list('asyncapi', '@asyncapi/parser on docs/asyncapi*.json', async () => {
    const { asyncApiFaults } = await import('./lint-asyncapi.ts')
    return asyncApiFaults()
  }),
  list('problems', 'a page per problem type', problemPageFaults),
]

/** Runs a program of node_modules with this very Node.js, which the host's may not be. */
function tool(name: string, program: string, args: string[]): Check {
  const what = [program, ...args.filter((each) => !each.startsWith('--no-'))].join(' ')
  return command(name, what, process.execPath, [`node_modules/.bin/${program}`, ...args])
}

function command(name: string, what: string, file: string, args: string[]): Check {
  return {
    name,
    what,
    run: () =>
      new Promise((resolve, reject) => {
        const PATH = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`
        const env = { ...process.env, PATH, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' }
        const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env })
        let output = ''
        child.stdout.on('data', (chunk) => (output += chunk))
        child.stderr.on('data', (chunk) => (output += chunk))
        child.on('error', reject)
        child.on('close', (code, signal) =>
          resolve(code === 0 ? '' : output.trim() || `ended with ${signal ?? code}`),
        )
      }),
  }
}

function list(name: string, what: string, faults: () => string[] | Promise<string[]>): Check {
  return { name, what, run: async () => (await faults()).join('\n') }
}
