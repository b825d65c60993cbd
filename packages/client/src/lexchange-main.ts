#!/usr/bin/env node
import { runLexchange } from './command/run-lexchange.ts'

const controller = new AbortController()
process.on('SIGINT', () => {
  // A second Ctrl-C ends at once; what is on disk is still good to go on from.
  if (controller.signal.aborted) process.exit(130)
  controller.abort()
})
// `lexchange … | head` is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 5)
})

const { env, stdout, stderr } = process
const terminal = { stdout, stderr, env, signal: controller.signal }
process.exitCode = await runLexchange(process.argv.slice(2), terminal)
