import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

import { type ChildOptions, hasEnded, sizeOf, spawnChild, tailOf } from './spawn-child.ts'

/** What to run, and how it is kept running. */
export type ProcessOptions = ChildOptions & {
  name: string
  /** How long an orderly end may take, in ms, before SIGKILL. */
  stopWithin?: number
  /** True as soon as the process does its work; an error inside it counts as not yet. */
  isReady: () => Promise<boolean>
  /** Called before each start. */
  prepare?: () => Promise<void>
  /** What its last words mean for the user; undefined where trying again may help. */
  explain?: (tail: string) => string | undefined
  /** Called with the pid of each start. */
  onSpawn?: (pid: number) => void
  log: (line: string) => void
}

/** A process that is started again whenever it ends without being asked to. */
export type RunningProcess = {
  readonly name: string
  /** Undefined while it does not run. */
  readonly pid: number | undefined
  /** Sends a signal; with SIGKILL, resolves when the process has ended. It is then started again. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Ends it, and leaves it so. */
  stop(): Promise<void>
  /** Starts it after `stop`, and waits until it is ready. */
  start(): Promise<void>
  restart(): Promise<void>
  /** @throws Error with a message for the user, where it cannot be made to run. */
  waitReady(timeout?: number): Promise<void>
}

type State = {
  child?: ChildProcess | undefined
  wanted: boolean
  /** How often it ended at once, one time after the other. */
  failures: number
  wasReady?: boolean
  gaveUp?: Error | undefined
}

const PAUSES = [100, 300, 1_000, 2_000, 5_000]
/** A process that ran this long, in ms, has not failed at once. */
const SETTLED = 10_000
const PATIENCE = 60_000

/** Starts a process, without waiting for it to be ready. */
export function runProcess(options: ProcessOptions): RunningProcess {
  const state: State = { wanted: true, failures: 0 }
  const process: RunningProcess = {
    name: options.name,
    get pid() {
      return state.child?.pid
    },
    async kill(signal = 'SIGKILL') {
      const { child } = state
      if (!child || hasEnded(child)) return
      const ended = once(child, 'exit')
      child.kill(signal)
      if (signal === 'SIGKILL') await ended
    },
    stop: () => stop(options, state),
    async start() {
      if (!state.child) {
        Object.assign(state, { wanted: true, failures: 0, gaveUp: undefined })
        await launch(options, state)
      }
      await process.waitReady()
    },
    async restart() {
      await process.stop()
      await process.start()
    },
    waitReady: (timeout = PATIENCE) => waitReady(options, state, timeout),
  }
  void launch(options, state)
  return process
}

async function launch(options: ProcessOptions, state: State): Promise<void> {
  try {
    await options.prepare?.()
  } catch (error) {
    state.gaveUp = error as Error
    return
  }
  if (!state.wanted || state.child) return
  const logStart = sizeOf(options.logFile)
  const started = Date.now()
  const child = spawnChild(options)
  state.child = child
  if (child.pid) options.onSpawn?.(child.pid)
  const ended = (reason: string) => {
    if (state.child !== child) return
    state.child = undefined
    if (state.wanted) void again(options, state, reason, Date.now() - started, logStart)
  }
  child.once('error', (error) => ended(error.message))
  child.once('exit', (code, signal) => ended(signal ?? `code ${code}`))
}

async function again(
  options: ProcessOptions,
  state: State,
  reason: string,
  ran: number,
  logStart: number,
): Promise<void> {
  const { name, log, logFile } = options
  state.failures = ran < SETTLED ? state.failures + 1 : 1
  const tail = tailOf(logFile, logStart)
  const known = options.explain?.(tail)
  // What has run before does so again as soon as its trouble is over, e.g. a full disk.
  const waits = known !== undefined && state.wasReady === true
  const pause = waits ? PAUSES.at(-1) : PAUSES[state.failures - 1]
  if ((known && !waits) || pause === undefined) {
    const words = `${name} ends each time right after its start (${reason}); see ${logFile}`
    state.gaveUp = new Error(known ?? `${words}\n${tail}`)
    log(state.gaveUp.message)
    return
  }
  log(known ?? `${name} ended (${reason}) and is started again`)
  await sleep(pause)
  await launch(options, state)
}

async function stop(options: ProcessOptions, state: State): Promise<void> {
  const { name, log, stopSignal, stopWithin = 10_000 } = options
  const { child } = state
  state.wanted = false
  if (!child || hasEnded(child)) return
  const ended = once(child, 'exit')
  child.kill(stopSignal)
  const timer = setTimeout(() => {
    log(`${name} did not end within ${stopWithin / 1000} s and is killed`)
    child.kill('SIGKILL')
  }, stopWithin)
  await ended
  clearTimeout(timer)
}

async function waitReady(options: ProcessOptions, state: State, timeout: number): Promise<void> {
  const end = Date.now() + timeout
  for (;;) {
    if (state.gaveUp) throw state.gaveUp
    if (state.child && (await options.isReady().catch(() => false))) break
    if (Date.now() > end)
      throw new Error(
        `${options.name} is not ready after ${timeout / 1000} s; see ${options.logFile}`,
      )
    await sleep(20)
  }
  state.failures = 0
  state.wasReady = true
}
