import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'

export type Ports = {
  issuer: number
  registry: number
  verification: number
  oversight: number
  postgres: number
  nats: number
}

/** The ports of the local default. */
export function portsFrom(base: number): Ports {
  return {
    issuer: base + 1,
    registry: base + 2,
    verification: base + 3,
    oversight: base + 4,
    postgres: base + 5,
    nats: base + 6,
  }
}

/** @throws naming every port that is taken, by whom as far as the system tells, and what to do. */
export async function expectFree(ports: Ports): Promise<void> {
  const checked = await Promise.all(
    Object.entries(ports).map(async ([name, port]) => ({ name, port, free: await isFree(port) })),
  )
  const taken = checked.filter(({ free }) => !free)
  if (taken.length === 0) return
  const lines = taken.map(({ name, port }) => `port ${port} (${name}) is taken${listenerOn(port)}`)
  throw new Error(
    `${lines.join('\n')}\nEnd what uses it, or choose other ports: LEXCHANGE_PORT_BASE=8000 npm start`,
  )
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** ` by process 123 (node …)`, where Linux shows it to us. */
function listenerOn(port: number): string {
  try {
    const inodes = ['tcp', 'tcp6'].flatMap((table) => listeningInodes(table, port))
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
      if (socketsOf(pid).some((link) => inodes.includes(link))) {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
        return ` by process ${pid} (${command.slice(0, 80)})`
      }
  } catch {
    // Not Linux, or not ours to see.
  }
  return ''
}

const LISTENING = '0A'

function listeningInodes(table: string, port: number): string[] {
  const hex = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return readFileSync(`/proc/net/${table}`, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(hex) && state === LISTENING)
    .map((fields) => `socket:[${fields[9]}]`)
}

function socketsOf(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))
  } catch {
    return []
  }
}
