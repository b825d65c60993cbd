import { spawn } from 'node:child_process'
import { join } from 'node:path'

import { findNatsServer } from './find-nats-server.ts'
import { ROOT } from './paths.ts'

/** npm test: all tests, or those that the arguments name. */
try {
  const binary = await findNatsServer((line) => console.error(line))
  console.error(
    `tests run on PostgreSQL from npm and ${binary}, unless TEST_… or Docker give others`,
  )
} catch (error) {
  console.error((error as Error).message)
  process.exit(1)
}
const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
const child = spawn(process.execPath, [vitest, 'run', ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: 'inherit',
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => child.kill(signal))
child.once('exit', (code) => {
  process.exitCode = code ?? 1
})
