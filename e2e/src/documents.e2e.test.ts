import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, it } from 'vitest'

import { followPage } from './pages/follow-page.ts'
import { readPage } from './pages/read-page.ts'
import { openTerminal, type Terminal } from './pages/terminal.ts'
import { randomPortBase } from './port-base.ts'

const ROOT = join(import.meta.dirname, '../..')
const stepsOf = (page: string) => readPage(readFileSync(join(ROOT, 'docs', page), 'utf8'))
const [start, ...guide] = stepsOf('guide.md')

let folder: string
let env: NodeJS.ProcessEnv
const terminals: Terminal[] = []

function open(cwd = ROOT): Terminal {
  const terminal = openTerminal({ cwd, env, scratch: folder })
  terminals.push(terminal)
  return terminal
}

/** The first command of the guide starts the exchange that all pages are followed against. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lexchange-pages-'))
  // A progress bar is for people only, and would stand in between.
  writeFileSync(join(folder, '.curlrc'), 'silent\nshow-error\n')
  const base = randomPortBase()
  const at = (port: number) => `http://127.0.0.1:${base + port}`
  env = {
    ...outsideOfNpm(),
    npm_config_prefer_offline: 'true',
    npm_config_update_notifier: 'false',
    CURL_HOME: folder,
    LEXCHANGE_HOME: join(folder, 'home'),
    LEXCHANGE_PORT_BASE: String(base),
    LEXCHANGE_CONFIG: join(folder, 'config'),
    ISSUER: at(1),
    REGISTRY: at(2),
    VERIFICATION: at(3),
    RECEIVER_PORT: String(base + 8),
  }
  if (start) await followPage([start], { terminal: open(), openSecond: open, folder })
}, 240_000)

afterAll(async () => {
  await Promise.all(terminals.map((terminal) => terminal.close()))
  await rm(folder, { recursive: true, force: true })
}, 90_000)

/** What npm tells its scripts about itself would make the npm of a page work on this folder. */
function outsideOfNpm(): NodeJS.ProcessEnv {
  const own = /^npm_(config_(local_prefix|prefix|ignore_scripts)|package_|lifecycle_)/i
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)))
}

const AWAY = /npm install.*(ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|ENETUNREACH)/s

async function follow(name: string, steps: ReturnType<typeof readPage>): Promise<void> {
  const work = join(folder, name)
  mkdirSync(work)
  env = { ...env, WORK: work }
  const terminal = open()
  try {
    await followPage(steps, { terminal, openSecond: open, folder: work })
  } catch (error) {
    const away = AWAY.exec((error as Error).message)
    if (!away) throw error
    console.warn(`${name} was followed in part: the registry of npm cannot be reached, ${away[1]}`)
  } finally {
    await terminal.close()
  }
}

describe('the guide', () => {
  it('works word for word', () => follow('guide', guide), 600_000)
})

describe('the page on migration', () => {
  it('works word for word', () => follow('migration', stepsOf('migration.md')), 300_000)
})

describe('recipes', () => {
  it.each(['curl', 'typescript'])(
    'in %s work word for word',
    (language) => follow(language, stepsOf(`recipes/${language}.md`)),
    300_000,
  )
})
