import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { cpuTimeOf } from './cpu-time.ts'
import { onCore } from './on-core.ts'

/** What is measured: where to ask, with which headers. */
export type Target = {
  name: string
  url: string
  paths: readonly string[]
  headers: Record<string, string>
  /** Of a POST; `{{unique}}` in it is another text in every request. */
  body?: string
  /** The server's process. */
  pid: number
}

/** What one measurement found. */
export type Load = {
  rate: number
  /** In ms. */
  p50: number
  p99: number
  answers: number
  /** CPU time of the server per answer, in µs. */
  cpu: number
}

/** What a generator found; `failed` counts whatever is no success. */
export type Answers = Omit<Load, 'cpu'> & { failed: number }

/** How a server is asked: for how long, with how many requests under way at once, by what. */
export type Pressure = { seconds: number; connections: number; generator: 'autocannon' | 'wrk' }

/** One of two that are compared. */
export type Side = { name: string; measure(pressure: Pressure): Promise<Load> }

export type LoadOrder = Omit<Target, 'name' | 'pid'> & Pressure

/** A server as one side of a comparison. */
export function served(target: Target): Side {
  return {
    name: target.name,
    measure: (pressure) => measure(target, pressure),
  }
}

/** Asks from a process of its own as fast as answers come; anything but 200 fails. */
async function measure(target: Target, pressure: Pressure): Promise<Load> {
  const generator = fork(fileURLToPath(new URL('load-main.ts', import.meta.url)), [], {
    ...onCore('load'),
  })
  const order: LoadOrder = {
    url: target.url,
    paths: target.paths,
    headers: target.headers,
    ...pressure,
    ...(target.body !== undefined && { body: target.body }),
  }
  const before = cpuTimeOf(target.pid)
  return new Promise((resolve, reject) => {
    generator.once('message', (found: Answers) => {
      generator.disconnect()
      const { failed, ...load } = found
      if (failed > 0) reject(new Error(`${target.name}: ${failed} answers were no success`))
      else resolve({ ...load, cpu: (cpuTimeOf(target.pid) - before) / load.answers })
    })
    generator.once('error', reject)
    generator.once('exit', (code) => reject(new Error(`the load generator ended with ${code}`)))
    generator.send(order)
  })
}
