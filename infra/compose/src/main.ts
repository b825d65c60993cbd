import { readFile } from 'node:fs/promises'

import { callerFor, readClients, runTour, verifyConsistency } from '@lexchange/local'

import { setup } from './setup.ts'

const SECRETS = '/secrets'
const CLIENTS = `${SECRETS}/clients/clients-inside.json`

/** What an operator runs beside the services: infra/compose/README.md. */
const commands: Record<string, (...args: string[]) => Promise<void>> = {
  async setup() {
    const { ISSUER_URL, REGISTRY_URL, VERIFICATION_URL, OVERSIGHT_URL, NATS_ADDRESS } = process.env
    if (!ISSUER_URL || !REGISTRY_URL || !VERIFICATION_URL || !OVERSIGHT_URL || !NATS_ADDRESS)
      throw new Error('The URL of every service and NATS_ADDRESS must be set')
    await setup(SECRETS, {
      issuer: ISSUER_URL,
      registry: REGISTRY_URL,
      verification: VERIFICATION_URL,
      oversight: OVERSIGHT_URL,
      nats: NATS_ADDRESS,
    })
    console.log('setup: secrets, keys and clients are in place')
  },
  async tour() {
    await runTour({ clientsFile: CLIENTS, log: (line) => console.log(line) })
  },
  async token(clientId = 'tendering-department') {
    console.log(await callerFor(await readClients(CLIENTS), clientId).token())
  },
  async clients() {
    console.log(await readFile(`${SECRETS}/clients/clients.json`, 'utf8'))
  },
  async 'verify-consistency'() {
    const { licenses, versions, differences } = await verifyConsistency(await readClients(CLIENTS))
    for (const { type, number, detail } of differences) console.log(`${type} ${number}: ${detail}`)
    console.log(`${licenses} licenses, ${versions} versions, ${differences.length} differences`)
    if (differences.length > 0) process.exitCode = 1
  },
}

const [name = '', ...args] = process.argv.slice(2)
const command = commands[name]
if (!command) {
  console.error(`There are the commands ${Object.keys(commands).join(', ')}.`)
  process.exit(2)
}
try {
  await command(...args)
} catch (error) {
  console.error(`${name} failed: ${(error as Error).message}`)
  process.exitCode = 1
}
