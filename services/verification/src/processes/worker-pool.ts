import { type ChildProcess, fork } from 'node:child_process'
import type { Logger } from 'pino'

import type { ToPrimary, ToWorker } from './messages.ts'

export type WorkerPoolOptions = {
  size: number
  /** The module that a worker runs, with these arguments and its slot, a number below `size`. */
  entry: string
  args: readonly string[]
  log: Logger
}

type Reply = (answer: ToWorker) => void

export type WorkerListener = {
  onMessage(message: ToPrimary, reply: Reply): void
  /** A worker ended by a signal of its own, as a broken projection may cause. */
  onCrash(): void
}

export type WorkerPool = {
  readonly size: number
  tell(message: ToWorker): void
  /** What workers say before that is kept. */
  listen(listener: WorkerListener): void
  stop(): Promise<void>
}

/** A worker that ends is replaced after this long, doubled for each that does not last, in ms. */
const AGAIN_AFTER = 50
const AGAIN_AFTER_AT_MOST = 5_000
/** One that lived this long has started well, in ms. */
const LASTING = 10_000
const CRASHES: readonly (NodeJS.Signals | null)[] = ['SIGSEGV', 'SIGBUS', 'SIGABRT']

/**
 * Keeps a number of workers running; each listens on the same port. Imports next to nothing, so that
 * workers load while the primary does.
 */
export function startWorkers(options: WorkerPoolOptions): WorkerPool {
  const workers = new Set<ChildProcess>()
  const early: [ToPrimary, Reply][] = []
  let listener: WorkerListener = {
    onMessage: (message, reply) => early.push([message, reply]),
    onCrash: () => {},
  }
  let stopping = false

  function start(failures: number, slot: number): void {
    if (stopping) return
    const startedAt = performance.now()
    const worker = fork(options.entry, [...options.args, String(slot)], {
      serialization: 'advanced',
    })
    workers.add(worker)
    const send = (message: ToWorker) => {
      // A worker that is just ending has no channel any more; its successor is told everything.
      if (worker.connected) worker.send(message, () => {})
    }
    worker.on('message', (message) => {
      startOthers()
      listener.onMessage(message as ToPrimary, send)
    })
    worker.on('error', (err) => options.log.error({ err }, 'worker failed'))
    worker.once('exit', (code, signal) => {
      workers.delete(worker)
      if (stopping) return
      startOthers()
      if (CRASHES.includes(signal)) listener.onCrash()
      const failed = performance.now() - startedAt < LASTING ? failures + 1 : 0
      const wait = Math.min(AGAIN_AFTER * 2 ** failed, AGAIN_AFTER_AT_MOST)
      options.log.warn({ pid: worker.pid, code, signal, wait }, 'worker ended; another is started')
      setTimeout(start, wait, failed, slot)
    })
  }

  // One first, so that a restart answers soon: loading takes all of a core.
  let started = 1
  function startOthers(): void {
    while (started < options.size) start(0, started++)
  }
  start(0, 0)
  return {
    get size() {
      return workers.size
    },
    tell(message) {
      for (const worker of workers) if (worker.connected) worker.send(message, () => {})
    },
    listen(given) {
      listener = given
      for (const [message, reply] of early.splice(0)) given.onMessage(message, reply)
    },
    async stop() {
      stopping = true
      const ends = [...workers].map(
        (worker) => new Promise<void>((resolve) => worker.once('exit', () => resolve())),
      )
      for (const worker of workers) worker.kill('SIGTERM')
      await Promise.all(ends)
    },
  }
}
