import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { onCore } from './on-core.ts'

export type Reference = { url: string; pid: number; stop(): Promise<void> }

/** Starts a server of this folder in a process of its own, on the core that ours runs on too. */
export async function startReference(
  file: string,
  env: Record<string, string>,
): Promise<Reference> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [], {
    ...onCore('server'),
    env: { PATH: process.env.PATH, ...env },
  })
  const [url] = (await once(child, 'message')) as [string]
  return {
    url,
    pid: child.pid ?? 0,
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}
