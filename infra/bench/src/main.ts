import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'

import { type BenchOptions, type BenchResult, describeResult } from './bench.ts'
import { benchCredential, benchCredentialVsPeer } from './credential.ts'
import { benchCredentialAgain } from './credential-again.ts'
import { benchFanOut } from './fan-out.ts'
import { benchIssue } from './issue.ts'
import { benchStatus } from './status.ts'
import { benchStatusAudited } from './status-audited.ts'
import { benchStatusVsPg } from './status-vs-pg.ts'
import { benchVerifyFields } from './verify-fields.ts'

const BENCHES: Record<string, (options: BenchOptions) => Promise<BenchResult>> = {
  status: benchStatus,
  'status-vs-pg': benchStatusVsPg,
  'status-audited': benchStatusAudited,
  'verify-fields': benchVerifyFields,
  credential: benchCredential,
  'credential-vs-peer': benchCredentialVsPeer,
  'credential-again': benchCredentialAgain,
  issue: benchIssue,
  'fan-out': benchFanOut,
}

/**
 * `npm run bench -- [name …] [--licenses 100000] [--pairs 5] [--seconds 4] [--connections 32]
 * [--generator autocannon|wrk] [--paced 60]`
 */
const names = process.argv.slice(2).filter((each, index, all) => !isOption(each, all[index - 1]))
const options: BenchOptions = {
  licenses: numberOf('--licenses', 100_000),
  pairs: numberOf('--pairs', 5),
  seconds: numberOf('--seconds', 4),
  connections: numberOf('--connections', 32),
  generator: generatorOf('--generator'),
  paced: numberOf('--paced', 60),
}

function isOption(argument: string, before: string | undefined): boolean {
  return argument.startsWith('--') || (before?.startsWith('--') ?? false)
}

function optionOf(name: string): string | undefined {
  const index = process.argv.indexOf(name)
  return index < 0 ? undefined : process.argv[index + 1]
}

function numberOf(name: string, fallback: number): number {
  return Number(optionOf(name) ?? fallback)
}

function generatorOf(name: string): BenchOptions['generator'] {
  const generator = optionOf(name) ?? 'autocannon'
  if (generator === 'autocannon' || generator === 'wrk') return generator
  console.error(`${name} is autocannon or wrk, not ${generator}`)
  process.exit(2)
}

const unknown = names.filter((name) => !BENCHES[name])
if (unknown.length > 0) {
  console.error(
    `No bench is called ${unknown.join(', ')}; there are: ${Object.keys(BENCHES).join(', ')}`,
  )
  process.exit(2)
}

const folder = join(import.meta.dirname, '../../../bench-results')
mkdirSync(folder, { recursive: true })
for (const name of names.length > 0 ? names : Object.keys(BENCHES)) {
  const result = await BENCHES[name]?.(options)
  if (!result) continue
  console.log(describeResult(result))
  const machine = { cpus: cpus().length, model: cpus()[0]?.model, node: process.version }
  const file = join(folder, `${name}-${new Date().toISOString().replaceAll(':', '-')}.json`)
  writeFileSync(file, `${JSON.stringify({ ...result, options, machine }, null, 2)}\n`)
  console.log(`${file}\n`)
}
process.exit(0)
