import { existsSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'

import { type Local, startLocal } from './local.ts'
import { createLineWriter } from './log-lines.ts'
import { runTour } from './tour.ts'

/** npm start: README.md. */
const colours = process.stdout.isTTY === true && !process.env.NO_COLOR
const { say, show } = createLineWriter((text) => process.stdout.write(text), colours)
const began = performance.now()

/** npm and the terminal may both pass on one Ctrl-C; this long, in ms, they count as the same. */
const SAME = 700
let asked: number | undefined
let local: Local | undefined

function onSignal() {
  const now = Date.now()
  if (asked !== undefined && now - asked < SAME) return
  if (asked !== undefined) return end(kill)
  asked = now
  if (!local) {
    // What was started ends with this process, or else is ended by the next start.
    say('ended before everything was up')
    process.exit(130)
  }
  say('ending; once more to kill what does not end')
  end(local.stop)
}

async function end(how: () => Promise<void>, code = 0) {
  await how()
  say('ended')
  process.exit(code)
}

async function kill() {
  for (const each of Object.values(local?.processes ?? {}))
    if (each.pid) process.kill(each.pid, 'SIGKILL')
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
process.on('uncaughtException', (error) => {
  say(`stopped by a failure nobody expected: ${error.stack}`)
  end(async () => local?.stop(), 1)
})
// Whoever reads the output may go away; that is no reason to leave children behind.
process.stdout.on('error', () => {})

try {
  local = await startLocal({ log: say, onLine: show })
  const ready = secondsSince(began)
  say(`everything answers after ${ready} s`)
  await tourOnce(local)
  printAddresses(local, ready)
} catch (error) {
  say((error as Error).message)
  process.exit(1)
}

async function tourOnce({ home }: Local): Promise<void> {
  if (existsSync(home.tourDone)) return
  say('the tour, once per fresh state (again: npm run tour)')
  try {
    await runTour({ clientsFile: home.clients, log: say })
    writeFileSync(home.tourDone, new Date().toISOString())
  } catch (error) {
    say(`the tour failed: ${(error as Error).message}`)
  }
}

function secondsSince(moment: number): string {
  return ((performance.now() - moment) / 1000).toFixed(1)
}

function printAddresses({ home, clients, ports, processes }: Local, ready: string): void {
  const { issuer, registry, verification, oversight } = clients.services
  say(
    [
      `Lexchange is ready after ${ready} s:`,
      `  issuer        ${issuer}/docs`,
      `  registry      ${registry}/docs`,
      `  verification  ${verification}/docs`,
      `  oversight     ${oversight}/docs`,
      `  clients       ${relative(process.cwd(), home.clients)}`,
      `  a token       npm run -s token -- tendering-department`,
      `  PostgreSQL    127.0.0.1:${ports.postgres}, databases issuer, registry and oversight, data in ${processes.postgres.dataFolder}`,
      `  NATS          ${clients.nats.servers.join(',')}`,
      `  logs          ${relative(process.cwd(), home.logs)}`,
      'Ctrl-C ends it.',
    ].join('\n'),
  )
}
