import { type Check, checks } from './checks.ts'

/** npm run check [-- NAME …]: everything that tells whether the repository is in order, a line each. */
const names = process.argv.slice(2)
const unknown = names.filter((name) => !checks.some((check) => check.name === name))
if (unknown.length > 0) {
  console.error(
    `No check is called ${unknown.join(', ')}; there are ${checks.map(({ name }) => name).join(', ')}.`,
  )
  process.exit(2)
}
let failed = 0
const chosen = checks.filter(({ name }) => names.length === 0 || names.includes(name))
for (const check of chosen) if (!(await passes(check))) failed++
console.log(`${chosen.length - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

async function passes({ name, what, run }: Check): Promise<boolean> {
  const started = performance.now()
  const fault = await run().catch((error: unknown) => String(error))
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(`${fault ? '✗' : '✓'} ${name.padEnd(12)} ${what} (${seconds} s)`)
  if (fault) console.log(`${fault.replaceAll(/^/gm, '    ')}\n`)
  return fault === ''
}
