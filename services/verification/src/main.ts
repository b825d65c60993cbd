import { enableCompileCache, flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'

import { loadConfig } from './config.ts'

const config = loadConfig(process.env)
const log = pino({ name: 'verification', level: config.LOG_LEVEL })
const [role = 'primary', ...args] = process.argv.slice(2)

// A restart is to take less than a second, and most of that is compiling modules.
enableCompileCache(join(config.DATA_DIR, 'compile-cache'))

// Loaded by role: a check is to be over in a moment, and the primary answers no requests.
switch (role) {
  case 'worker': {
    const { runWorker } = await import('./processes/run-worker.ts')
    await runWorker(config, Number(args[0]), log)
    // Now, because a process that is killed leaves no compiled code behind.
    flushCompileCache()
    break
  }
  case 'check': {
    const { checkProjection } = await import('./projection/check-projection.ts')
    const [folder = '', thorough] = args
    try {
      checkProjection(folder, config.PROJECTION_MAX_GIB, thorough !== undefined)
      process.exit(0)
    } catch (error) {
      process.stderr.write((error as Error).message)
      process.exit(1)
    }
    break
  }
  default: {
    const { startWorkers } = await import('./processes/worker-pool.ts')
    const entry = fileURLToPath(import.meta.url)
    const workers = startWorkers({ size: config.WORKERS, entry, args: ['worker'], log })
    const { runPrimary } = await import('./processes/run-primary.ts')
    const running = await runPrimary(config, entry, workers, log)
    let stopping = false
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.on(signal, async () => {
        if (stopping) return
        stopping = true
        log.info({ signal }, 'stopping')
        await running.stop()
        process.exit(0)
      })
  }
}
