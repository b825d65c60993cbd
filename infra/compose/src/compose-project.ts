import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const cwd = fileURLToPath(new URL('../../..', import.meta.url))

export type ComposeProject = {
  /** Runs `docker compose …`; rejects with what it printed. */
  compose(...args: string[]): Promise<string>
  /** Resolves when every service is healthy and every job has ended well. */
  healthy(): Promise<void>
  containersOf(service: string): Promise<string[]>
  docker(...args: string[]): Promise<string>
}

type Container = {
  Name: string
  State: { Status: string; ExitCode: number; Health?: { Status: string } }
}

/** How long services may take to become healthy, in ms. */
const PATIENCE = 180_000

/** @throws where no Docker engine or no compose tool answers. */
export function composeProject(project: string, settings: Record<string, string>): ComposeProject {
  const [program, ...first] = composeTool()
  const env = { ...process.env, ...settings, COMPOSE_PROJECT_NAME: project }
  const run = async (file: string, args: string[]) => {
    try {
      const { stdout } = await execute(file, args, { cwd, env, maxBuffer: 64 * 1024 * 1024 })
      return stdout.trim()
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
      throw new Error(`${file} ${args.join(' ')}\n${`${stdout}${stderr}`.slice(-6000)}`)
    }
  }
  const docker = (...args: string[]) => run('docker', args)
  const containers = async (...filters: string[]) => {
    const labels = [`project=${project}`, 'oneoff=False', ...filters]
    const options = labels.flatMap((label) => ['--filter', `label=com.docker.compose.${label}`])
    return (await docker('ps', '--all', '--quiet', ...options)).split('\n').filter(Boolean)
  }
  return {
    docker,
    compose: (...args) => run(program, [...first, ...args]),
    containersOf: (service) => containers(`service=${service}`),
    async healthy() {
      const end = Date.now() + PATIENCE
      for (;;) {
        const all = JSON.parse(await docker('inspect', ...(await containers()))) as Container[]
        const waiting = all.filter((container) => !isWell(container))
        if (waiting.length === 0) return
        const names = waiting.map(
          ({ Name, State }) => `${Name.slice(1)} is ${State.Health?.Status ?? State.Status}`,
        )
        if (Date.now() > end) throw new Error(`not healthy: ${names.join(', ')}`)
        await new Promise((resolve) => setTimeout(resolve, 250))
      }
    },
  }
}

function isWell({ State }: Container): boolean {
  if (State.Health) return State.Status === 'running' && State.Health.Status === 'healthy'
  return State.Status === 'exited' && State.ExitCode === 0
}

function composeTool(): [string, ...string[]] {
  const answers = (file: string, ...args: string[]) => spawnSync(file, args).status === 0
  if (!answers('docker', 'info')) throw new Error('no Docker engine answers')
  if (answers('docker', 'compose', 'version')) return ['docker', 'compose']
  if (answers('docker-compose', 'version')) return ['docker-compose']
  throw new Error('there is neither "docker compose" nor docker-compose')
}
