import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Whom PostgreSQL runs as. */
export type Account = { name: string; uid: number; gid: number }

/**
 * PostgreSQL refuses to run as root, so for root this is an unprivileged user of the system; for
 * everybody else undefined: the user who runs this.
 * @throws where root has nobody to run PostgreSQL as.
 */
export function unprivilegedAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  for (const name of ['postgres', 'nobody']) {
    const user = users.find(([each]) => each === name)
    if (user) return { name, uid: Number(user[2]), gid: Number(user[3]) }
  }
  throw new Error(
    'PostgreSQL refuses to run as root, and this system has neither a user postgres nor nobody. ' +
      'Run the command as another user, or add one: useradd --system postgres',
  )
}

/** Whether an account may run a program, found out by running it: folders above, mounts and libraries count. */
export function canRun(account: Account, program: string): boolean {
  const { uid, gid } = account
  return spawnSync(program, ['--version'], { uid, gid, cwd: '/', stdio: 'ignore' }).status === 0
}

/** Whether an account may enter a folder. */
export function canEnter(account: Account, folder: string): boolean {
  const { uid, gid } = account
  const { status } = spawnSync('test', ['-x', folder], { uid, gid, cwd: '/', stdio: 'ignore' })
  return status === 0
}
