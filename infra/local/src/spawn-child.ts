import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, statSync, truncateSync } from 'node:fs'
import { dirname } from 'node:path'

/** How a child is spawned. */
export type ChildOptions = {
  command: string
  args: readonly string[]
  env?: NodeJS.ProcessEnv
  cwd?: string
  /** User and group to run as, where this process is root. */
  user?: { uid: number; gid: number } | undefined
  /** Takes what the child prints, but its standard output where `onOutput` is given. */
  logFile: string
  /** Takes the standard output line by line. */
  onOutput?: (line: string) => void
  /** Ends it in an orderly way. */
  stopSignal: NodeJS.Signals
}

/** Where a log file is begun anew, in bytes. */
const LOG_LIMIT = 20_000_000
const TAIL = 2_000

/**
 * Where setpriv can make a child end with its parent, even one that is killed -9, children get a
 * process group of their own, so that Ctrl-C reaches this process alone and it can end them in order.
 */
const canBindToParent =
  process.platform === 'linux' &&
  spawnSync('setpriv', ['--pdeathsig', 'SIGTERM', 'true'], { stdio: 'ignore' }).status === 0

export function spawnChild(options: ChildOptions): ChildProcess {
  const { command, args, cwd, env, user, logFile, onOutput, stopSignal } = options
  mkdirSync(dirname(logFile), { recursive: true })
  if (sizeOf(logFile) > LOG_LIMIT) truncateSync(logFile)
  const output = openSync(logFile, 'a', 0o600)
  const [program = '', ...rest] = canBindToParent
    ? ['setpriv', '--pdeathsig', stopSignal, command, ...args]
    : [command, ...args]
  const child = spawn(program, rest, {
    ...(cwd && { cwd }),
    ...(env && { env }),
    detached: canBindToParent,
    stdio: ['ignore', onOutput ? 'pipe' : output, output],
    ...(user && { uid: user.uid, gid: user.gid }),
  })
  closeSync(output)
  // Children of its own may outlive a child that was killed.
  if (canBindToParent) child.once('exit', () => endGroup(child.pid))
  if (onOutput) forEachLine(child, onOutput)
  return child
}

function endGroup(leader: number | undefined): void {
  try {
    if (leader) process.kill(-leader, 'SIGKILL')
  } catch {
    // Nobody is left in it.
  }
}

function forEachLine(child: ChildProcess, onLine: (line: string) => void) {
  let rest = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    lines.forEach(onLine)
  })
}

export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

export function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}

/** The end of a log file, but nothing from before the byte `from`. */
export function tailOf(file: string, from = 0): string {
  try {
    return readFileSync(file).subarray(from).toString('utf8').slice(-TAIL).trim()
  } catch {
    return ''
  }
}
