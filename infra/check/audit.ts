import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * node infra/local/run.mjs infra/check/audit.ts [FILE]: writes what production depends on as a CycloneDX
 * document (SBOM), and asks the registry what is known to be wrong with it. High and critical ones fail.
 */
const file = resolve(process.argv[2] ?? '.lexchange/sbom.cdx.json')
const PATIENCE = 60_000
const FAILS = ['high', 'critical']

type Sbom = { bomFormat: string; specVersion: string; components: { purl?: string }[] }
type Advisory = { name: string; severity: string; range: string; via: unknown[] }
type Audit = {
  vulnerabilities?: Record<string, Advisory>
  error?: { code?: string; summary?: string; detail?: string }
  message?: string
}

let [passed, failed] = [0, 0]
await step('SBOM', writeSbom)
await step('audit', auditDependencies)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

async function step(name: string, run: () => Promise<string>): Promise<void> {
  try {
    console.log(`✓ ${name.padEnd(12)} ${await run()}`)
    passed++
  } catch (error) {
    console.log(`✗ ${name.padEnd(12)} ${(error as Error).message}`)
    failed++
  }
}

/** From package-lock.json, so that it needs no network. */
async function writeSbom(): Promise<string> {
  const options = ['--sbom-format', 'cyclonedx', '--package-lock-only', '--omit', 'dev']
  const { output, problem } = await npm('sbom', ...options)
  if (output === '') throw new Error(problem)
  const sbom = JSON.parse(output) as Sbom
  if (sbom.bomFormat !== 'CycloneDX' || sbom.components.length === 0)
    throw new Error('npm made no CycloneDX document')
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, output)
  return `CycloneDX ${sbom.specVersion}, ${sbom.components.length} components: ${file}`
}

/** A registry that cannot be asked is no fault of the dependencies. */
async function auditDependencies(): Promise<string> {
  const { output, problem } = await npm('audit', '--omit', 'dev', '--json')
  const audit = readAudit(output)
  if (!audit?.vulnerabilities) {
    const reason = audit?.error?.summary || audit?.message || problem
    return `NOT CHECKED: the registry cannot be asked (${reason.split('\n')[0]})`
  }
  const found = Object.values(audit.vulnerabilities)
  const bad = found.filter(({ severity }) => FAILS.includes(severity))
  if (bad.length > 0)
    throw new Error(bad.map((each) => `${each.severity}: ${each.name} ${each.range}`).join('\n'))
  return `no production dependency with a high or critical advisory (${found.length} lower ones)`
}

function readAudit(output: string): Audit | undefined {
  try {
    return JSON.parse(output) as Audit
  } catch {
    return undefined
  }
}

/** npm tries for minutes what does not answer; that is cut short here. */
function npm(...args: string[]): Promise<{ output: string; problem: string }> {
  const quick = ['--fetch-retries', '0', '--fetch-timeout', '15000', '--no-update-notifier']
  return new Promise((settle) => {
    const child = spawn('npm', [...args, ...quick], { stdio: ['ignore', 'pipe', 'pipe'] })
    const late = setTimeout(() => child.kill(), PATIENCE)
    let [output, problem] = ['', '']
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (problem += chunk))
    child.on('error', (error) => (problem += error.message))
    child.on('close', () => {
      clearTimeout(late)
      settle({ output, problem: problem || 'npm said nothing' })
    })
  })
}
