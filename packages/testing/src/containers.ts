import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { identifyProcess, isRunning } from '@lexchange/local'

const run = promisify(execFile)
const PATIENCE = 3_000
const LABEL = 'lexchange.test'

/** Whether a Docker engine answers and has an image already; nothing is pulled. */
export async function hasImage(image: string): Promise<boolean> {
  try {
    await run('docker', ['image', 'inspect', image], { timeout: PATIENCE })
    return true
  } catch {
    return false
  }
}

/** Has the engine do something with one container. */
export async function docker(...args: string[]): Promise<string> {
  return (await run('docker', args, { timeout: 30_000 })).stdout
}

/** Says whose a container is, so that it can be removed when its process was killed. */
export function ownerLabel(): Record<string, string> {
  return { [LABEL]: JSON.stringify(identifyProcess(process.pid)) }
}

/** Removes what runs left behind that were killed. */
export async function removeLeftContainers(): Promise<void> {
  const format = `{{.ID}} {{.Label "${LABEL}"}}`
  const filter = ['--all', '--filter', `label=${LABEL}`, '--format', format]
  const lines = await docker('ps', ...filter).catch(() => '')
  for (const line of lines.split('\n').filter(Boolean)) {
    const [id = '', owner = ''] = line.split(/ (.*)/)
    if (!isRunning(JSON.parse(owner)))
      await docker('rm', '--force', '--volumes', id).catch(() => '')
  }
}
