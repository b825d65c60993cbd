import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import type { ClientsFile } from './api-caller.ts'
import {
  createClaimKeys,
  createFirstDirectory,
  createReceiptKeys,
  withAgreements,
} from './first-directory.ts'
import type { Home } from './paths.ts'
import type { Ports } from './ports.ts'

export type Secret =
  | 'postgres'
  | 'database-issuer'
  | 'database-registry'
  | 'database-oversight'
  | 'nats-issuer'
  | 'nats-registry'
  | 'nats-verification'
  | 'nats-oversight'
  | 'nats-guest'
  | 'key-encryption-key'
  | 'issuer-key-encryption-key'

/** Path and content of each secret of a home; made where it is missing. */
export function secretsOf(home: Home) {
  const file = (name: Secret) => join(home.secrets, name)
  return {
    file,
    read(name: Secret): string {
      if (!existsSync(file(name))) writePrivate(file(name), newSecret(name))
      return readFileSync(file(name), 'utf8')
    },
  }
}

function newSecret(name: Secret): string {
  if (name.endsWith('key-encryption-key')) return randomBytes(32).toString('base64')
  // Begins with a letter: nats-server would read a number otherwise.
  return `s${randomBytes(24).toString('hex')}`
}

/** Writes clients.json for these ports, and before the first time the directory with its keys. */
export async function writeClients(home: Home, ports: Ports): Promise<ClientsFile> {
  const at = (port: number) => `http://127.0.0.1:${port}`
  const complete = [home.clients, home.directorySeed, home.verificationKey].every(existsSync)
  const known = complete
    ? (JSON.parse(readFileSync(home.clients, 'utf8')) as ClientsFile)
    : await writeDirectory(home)
  writePrivate(home.directorySeed, withAgreements(readFileSync(home.directorySeed, 'utf8')))
  const clients: ClientsFile = {
    tokenEndpoint: `${at(ports.registry)}/oauth/token`,
    issuer: at(ports.registry),
    services: {
      issuer: at(ports.issuer),
      registry: at(ports.registry),
      verification: at(ports.verification),
      oversight: at(ports.oversight),
    },
    clients: known.clients,
    nats: { servers: [`127.0.0.1:${ports.nats}`] },
  }
  writePrivate(home.clients, `${JSON.stringify(clients, null, 2)}\n`)
  return clients
}

async function writeDirectory(home: Home): Promise<Pick<ClientsFile, 'clients'>> {
  const { clients, verificationKey, seed } = await createFirstDirectory()
  writePrivate(home.verificationKey, JSON.stringify(verificationKey))
  writePrivate(home.directorySeed, JSON.stringify(seed, null, 2))
  return { clients }
}

/** Keys that receipts are signed with: made once, and kept, because old receipts are checked with them. */
export async function writeReceiptKeys({ receiptKeys }: Home): Promise<void> {
  if (existsSync(receiptKeys)) return
  writePrivate(receiptKeys, JSON.stringify(await createReceiptKeys(), null, 2))
}

/** Without these nothing that was encrypted can be read again: made once, and kept. */
export function writeClaimKeys({ issuerClaimKeys, exchangeClaimKeys }: Home): void {
  for (const file of [issuerClaimKeys, exchangeClaimKeys])
    if (!existsSync(file)) writePrivate(file, JSON.stringify(createClaimKeys(), null, 2))
}

/** Renamed when complete, so that a killed start leaves no half file. */
function writePrivate(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.new`, text, { mode: 0o600 })
  chmodSync(`${file}.new`, 0o600)
  renameSync(`${file}.new`, file)
}
