import { rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { callerFor, readClients, runTour, verifyConsistency } from '@lexchange/local'

import { composeProject } from './compose-project.ts'
import { removeForgotten } from './remove-forgotten.ts'

/**
 * The compose file, tried for real: up from nothing, the tour from inside and outside, replicas,
 * a restart of every service, down. Runs beside others: its project, ports and tag are its own.
 */
const SERVICES = ['postgres', 'nats', 'registry', 'issuer', 'verification', 'oversight', 'balancer']
const CHECKS = 200
const PREFIX = 'lexchange-smoke-'

const clientsFile = join(tmpdir(), `${PREFIX}${process.pid}.json`)
const project = composeProject(`${PREFIX}${process.pid}`, {
  LEXCHANGE_VERSION: 'smoke',
  ISSUER_PORT: await freePort(),
  REGISTRY_PORT: await freePort(),
  VERIFICATION_PORT: await freePort(),
  OVERSIGHT_PORT: await freePort(),
  NATS_PORT: await freePort(),
})
const { compose, docker, healthy, containersOf } = project

/** All it depends on runs; to run the migrations again each time ends three containers at once, by which Docker 20.10 can hang. */
const RUN = ['run', '--rm', '--no-deps', '-T']

const steps: [string, () => Promise<unknown>][] = [
  ['images are built', () => compose('build')],
  ['up from nothing', () => compose('up', '-d').then(healthy)],
  ['the tour inside the network', () => compose(...RUN, 'tour')],
  ['the tour from the host, by clients.json', tourFromHost],
  ['two replicas behind one address, one of them stopped', replicas],
  ...SERVICES.map((service): [string, () => Promise<unknown>] => [
    `${service} restarted, then the tour`,
    () => compose('restart', service).then(healthy).then(tour),
  ]),
  ['issuer, registry and verification agree', agreement],
  ['down, with nothing left', down],
]

let failed = 0
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => void cleanUp().finally(() => process.exit(1)))
try {
  await removeForgotten(PREFIX)
  for (const [name, run] of steps) if (failed === 0) await tried(name, run)
} finally {
  await cleanUp()
}
console.log(`${steps.length - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

async function tried(name: string, run: () => Promise<unknown>): Promise<void> {
  const started = performance.now()
  const seconds = () => ((performance.now() - started) / 1000).toFixed(1)
  try {
    await run()
    console.log(`✓ ${name} (${seconds()} s)`)
  } catch (error) {
    // What comes after builds on it, so it could only fail too.
    failed = steps.length - steps.findIndex(([each]) => each === name)
    console.log(await compose('logs', '--no-color', '--tail=40').catch(String))
    // Last, where whoever looks at the end of a long log finds it.
    console.log(`✗ ${name} (${seconds()} s)\n${(error as Error).message}`)
  }
}

async function tourFromHost(): Promise<void> {
  const clients = await compose(...RUN, 'tour', 'clients')
  await writeFile(clientsFile, clients, { mode: 0o600 })
  await tour()
}

async function tour(): Promise<void> {
  await runTour({ clientsFile, log: () => {} })
}

async function replicas(): Promise<void> {
  await compose(
    'up',
    '-d',
    '--no-deps',
    '--no-recreate',
    '--scale',
    'verification=2',
    'verification',
  )
  await healthy()
  const replicas = await containersOf('verification')
  if (replicas.length !== 2) throw new Error(`there are ${replicas.length} replicas`)
  const clients = await readClients(clientsFile)
  const tendering = callerFor(clients, 'tendering-department')
  const url = `${clients.services.verification}/v1/licenses/business-license/unknown/status`
  const stopped = docker('stop', replicas[0] as string)
  for (let sent = 0; sent < CHECKS; sent++) {
    const { status, body } = await tendering.call('GET', url)
    if (status !== 200) throw new Error(`check ${sent}: ${status} ${JSON.stringify(body)}`)
  }
  await stopped
  await tour()
  await docker('start', replicas[0] as string)
  await healthy()
}

async function agreement(): Promise<void> {
  const { licenses, differences } = await verifyConsistency(await readClients(clientsFile))
  if (licenses === 0) throw new Error('there are no licenses to compare')
  if (differences.length > 0) throw new Error(JSON.stringify(differences.slice(0, 5)))
}

async function down(): Promise<void> {
  await compose('down', '--volumes', '--timeout', '20')
  for (const service of SERVICES)
    if ((await containersOf(service)).length > 0) throw new Error(`${service} is still there`)
}

async function cleanUp(): Promise<void> {
  await rm(clientsFile, { force: true })
  await compose('down', '--volumes', '--remove-orphans', '--timeout', '5').catch(() => {})
}

async function freePort(): Promise<string> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(String(port)))
    })
  })
}
