import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

import type { Answers, LoadOrder } from './load.ts'

/**
 * Asks with wrk (Debian package `wrk`): with more than 32 under way autocannon is slower than what it
 * measures.
 */
export async function askWithWrk(order: LoadOrder): Promise<Answers> {
  const folder = await mkdtemp(join(tmpdir(), 'lexchange-wrk-'))
  try {
    const script = join(folder, 'requests.lua')
    await writeFile(script, scriptOf(order))
    const { url, seconds, connections } = order
    return JSON.parse(await run(['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, url]))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function run(args: readonly string[]): Promise<string> {
  const wrk = spawn('wrk', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<number | null>((resolve, reject) => {
    wrk.once('error', (cause) =>
      reject(new Error('wrk cannot be run; is it installed?', { cause })),
    )
    wrk.once('close', resolve)
  })
  const [said, code] = await Promise.all([text(wrk.stdout), ended])
  if (code !== 0) throw new Error(`wrk ended with ${code}: ${said}`)
  // Its own report comes before the line of `done`.
  return said.trim().split('\n').at(-1) as string
}

function scriptOf({ paths, headers, body }: LoadOrder): string {
  if (body !== undefined) throw new Error('wrk is asked for GET only')
  const set = Object.entries(headers).map(
    ([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`,
  )
  return `
local paths = {${paths.map((path) => JSON.stringify(path)).join(', ')}}
${set.join('\n')}
local requests, last = {}, 0
function init()
  for index, path in ipairs(paths) do requests[index] = wrk.format('GET', path) end
end
function request()
  last = last % #requests + 1
  return requests[last]
end
function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('{"rate": %f, "p50": %.1f, "p99": %.1f, "answers": %d, "failed": %d}\\n',
    summary.requests * 1e6 / summary.duration, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    summary.requests, failed))
end
`
}
