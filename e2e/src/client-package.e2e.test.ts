import { execFile, execFileSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { callerFor } from '@lexchange/local'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { type Example, readExamples } from './readme-examples.ts'
import { type System, startSystem } from './system.ts'
import { waitFor } from './wait-for.ts'

const ROOT = join(import.meta.dirname, '../..')
const NUMBER = '914403001922038216'
const examples = readExamples(readFileSync(join(ROOT, 'packages/client/README.md'), 'utf8'))

let project: string
let system: System
/** Why the package cannot be installed here. */
let offline: string | undefined

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'lexchange-client-'))
  offline = await installTarball(project)
  if (offline !== undefined) return
  system = await startSystem()
  writeFileSync(join(project, 'credential.txt'), await issueLicense(system))
  cpSync(system.clientsFile, join(project, 'clients.json'))
}, 300_000)

afterAll(async () => {
  await system?.stop()
  await rm(project, { recursive: true, force: true })
})

/** The tarball in an empty project; dependencies come from the registry of npm. */
async function installTarball(folder: string): Promise<string | undefined> {
  const built = join(folder, 'built')
  execFileSync(process.execPath, [join(ROOT, 'packages/client/scripts/build.ts'), built])
  const npm = (...args: string[]) =>
    execFileSync('npm', [...args, '--no-audit', '--no-fund', '--no-update-notifier'], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 120_000,
    })
  const tarball = npm('pack', './built', '--silent').trim()
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  try {
    npm('install', join(folder, tarball))
    return undefined
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string }
    const away = /ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|ENETUNREACH/.exec(stderr)
    if (!away) throw error
    return `the registry of npm cannot be reached: ${away[0]}`
  }
}

/** @returns the credential that the company gets. */
async function issueLicense({ clients, status }: System): Promise<string> {
  const authority = callerFor(clients, 'national-administration')
  const issued = await authority.call<{ credential: string }>(
    'POST',
    `${clients.services.issuer}/v1/licenses`,
    {
      type: 'business-license',
      holder: { kind: 'enterprise', uscc: NUMBER, name: '华为技术有限公司' },
      validFrom: '2020-01-01T00:00:00.000Z',
      claims: {
        name: '华为技术有限公司',
        enterpriseType: 'limited-liability-company',
        legalRepresentative: '示例',
        registeredCapital: { amount: '1000000.00', currency: 'CNY' },
        establishedOn: '1987-09-15',
        businessScope: '示例经营范围',
        domicile: '示例路 1 号',
      },
    },
  )
  expect(issued.status).toBe(201)
  await waitFor(
    async () => (await status(NUMBER, 'business-license')).verdict === 'valid',
    'the license',
  )
  return issued.body.credential
}

/** This Node.js, and the host's own if it is another one that is old enough to be of interest. */
function nodes(): [version: string, file: string][] {
  const files = [process.execPath, '/usr/bin/node', '/usr/local/bin/node'].filter(existsSync)
  const found = files.map((file): [string, string] => [
    execFileSync(file, ['--version'], { encoding: 'utf8' }).trim().split('.')[0] ?? '',
    file,
  ])
  return [...new Map(found.reverse())]
}

type Ran = { code: number; out: string }

function run(file: string, args: string[], node: string): Promise<Ran> {
  const PATH = `${dirname(node)}:${process.env.PATH}`
  const env = { ...process.env, PATH, HOME: project, LEXCHANGE_CONFIG: join(project, 'config') }
  return new Promise((resolve) => {
    execFile(file, args, { cwd: project, env, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? -1) : 0, out: stdout + stderr })
    })
  })
}

async function runExample({ language, code, file, marks }: Example, node: string): Promise<Ran> {
  const ran =
    language === 'sh'
      ? await run('bash', ['-euc', code], node)
      : await run(node, [writeScript(file ?? 'example.mjs', code)], node)
  const exit = marks.find((mark) => mark.startsWith('exit='))?.slice('exit='.length) ?? '0'
  expect(ran, ran.out).toMatchObject({ code: Number(exit) })
  return ran
}

function writeScript(file: string, code: string): string {
  writeFileSync(join(project, file), code)
  return file
}

async function hasSubscriptions(): Promise<boolean> {
  const { registry } = system.clients.services
  const department = callerFor(system.clients, 'tax-department')
  return (await department.call('GET', `${registry}/v1/subscriptions`)).status !== 404
}

/** What must be in the output; an example that prints something else teaches something wrong. */
const SAYS: Record<string, RegExp> = {
  'check.mjs': /^valid active\n$/,
  'options.mjs': /^unknown\n$/,
  'verify.mjs': /valid .*name: true, legalRepresentative: false.*businessScope/s,
  'many.mjs': new RegExp(`^${NUMBER} valid\n91440300MA5LEXCH7D unknown\n$`),
  'read.mjs': new RegExp(`^${NUMBER} .*\n1 issued .*\n华为技术有限公司\n$`),
  'offline.mjs': /^valid .*signature pass.*status pass/s,
  'problems.mjs': /^at-in-future 422/,
}

describe('the packed client', () => {
  it.each(nodes())(
    'runs its README under Node.js %s',
    async (_version, node) => {
      if (offline !== undefined) return console.warn(`skipped: ${offline}`)
      const subscriptions = await hasSubscriptions()
      for (const example of examples) {
        const { marks, file = '' } = example
        if (marks.includes('unexecuted')) continue
        if (marks.includes('subscription') && !subscriptions) continue
        const { out } = await runExample(example, node)
        if (SAYS[file]) expect(out, file).toMatch(SAYS[file])
      }
    },
    300_000,
  )

  it('has types that its README keeps to', async () => {
    if (offline !== undefined) return console.warn(`skipped: ${offline}`)
    for (const { file, code, language } of examples)
      if (language === 'js' && file) writeScript(file.replace('.mjs', '.mts'), code)
    symlinkSync(join(ROOT, 'node_modules/@types'), join(project, 'node_modules/@types'))
    const options = '--strict --noEmit --module nodenext --target es2022 --lib es2022 --types node'
    const args = [
      ...options.split(' '),
      'check.mts',
      'verify.mts',
      'read.mts',
      'problems.mts',
      'offline.mts',
      'jetstream.mts',
    ]
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
    const { code, out } = await run(process.execPath, [tsc, ...args], process.execPath)
    expect(out).toBe('')
    expect(code).toBe(0)
  }, 120_000)
})
