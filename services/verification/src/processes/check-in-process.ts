import { spawn } from 'node:child_process'

/**
 * Has a projection checked by a process of its own, because reading a broken LMDB file can end one.
 * @returns what stands against it, or undefined where it is whole.
 */
export function checkInProcess(
  entry: string,
  folder: string,
  thorough: boolean,
): Promise<string | undefined> {
  const args = [entry, 'check', folder, ...(thorough ? ['thorough'] : [])]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-500)
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (code === 0) resolve(undefined)
      else resolve(said.trim() || `reading it ended the process (${signal ?? code})`)
    })
  })
}
