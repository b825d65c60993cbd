import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'

const pinned = cpus().length >= 2 && spawnSync('taskset', ['-c', '0', 'true']).status === 0

/** Which core a process runs on, so that all servers share one and the load generator has its own. */
const CORES = { server: '0', load: '1' }

/**
 * Options of `fork` that pin a process, where taskset is there.
 * @param execArgv options of Node for it.
 */
export function onCore(role: keyof typeof CORES, execArgv: readonly string[] = []) {
  if (!pinned) return { execArgv: [...execArgv] }
  return { execPath: 'taskset', execArgv: ['-c', CORES[role], process.execPath, ...execArgv] }
}
