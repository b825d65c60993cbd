import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'

/** A bash in which a reader types: variables, folder and what runs in the background stay. */
export type Terminal = {
  /** Everything that has appeared so far. */
  shown(): string
  /** Types, and does not wait. */
  type(code: string): void
  /**
   * Types, and waits until the prompt is back.
   * @throws when a command fails, as the page promises that none does.
   */
  run(code: string): Promise<void>
  /** Ctrl-C for everything in it, and whatever does not end by that is killed. */
  close(): Promise<void>
}

const PROMPT_MS = 180_000
const END_MS = 30_000

/** @param scratch folder for what is typed, which commands of the page do not see. */
export function openTerminal(options: {
  cwd: string
  env: NodeJS.ProcessEnv
  scratch: string
}): Terminal {
  const { cwd, env, scratch } = options
  const child = spawn('bash', ['--noprofile', '--norc', '-euo', 'pipefail', '-s'], {
    // A group of its own, so that Ctrl-C reaches all of it and nothing else.
    ...{ cwd, env, detached: true },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  })
  let shown = ''
  for (const output of [child.stdout, child.stderr])
    (output as Readable).setEncoding('utf8').on('data', (text: string) => {
      shown += text
    })
  let typed = 0
  const type = (code: string) => {
    const file = join(scratch, `${child.pid}-${++typed}.sh`)
    writeFileSync(file, code)
    // Commands do not read what is typed next; the prompt is told of on a channel of its own.
    child.stdin?.write(`. ${file} < /dev/null 3>&-; echo >&3\n`)
  }
  return {
    type,
    shown: () => shown,
    async run(code) {
      const prompt = nextPrompt(child)
      type(code)
      await prompt
    },
    close: () => closeGroup(child),
  }
}

function nextPrompt(child: ChildProcess): Promise<void> {
  const prompts = child.stdio[3] as Readable
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => settle(new Error('the prompt did not come back')), PROMPT_MS)
    const onPrompt = () => settle()
    const onExit = (code: number | null) => settle(new Error(`a command failed with ${code}`))
    function settle(error?: Error) {
      clearTimeout(late)
      prompts.off('data', onPrompt)
      child.off('exit', onExit)
      if (error) reject(error)
      else resolve()
    }
    if (child.exitCode !== null) return settle(new Error('this terminal is closed'))
    prompts.on('data', onPrompt)
    child.on('exit', onExit)
  })
}

async function closeGroup(child: ChildProcess): Promise<void> {
  const group = -(child.pid as number)
  const ended = new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve()
    else child.once('exit', () => resolve())
  })
  child.stdin?.end()
  signal(group, 'SIGINT')
  const late = setTimeout(() => signal(group, 'SIGKILL'), END_MS)
  await ended
  clearTimeout(late)
  // What ran in the background ignores Ctrl-C.
  signal(group, 'SIGKILL')
}

function signal(group: number, name: NodeJS.Signals): void {
  try {
    process.kill(group, name)
  } catch {
    // Nobody is left.
  }
}
