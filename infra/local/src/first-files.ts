import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import {
  accountKeysOf,
  allServiceCredentials,
  createNatsIdentity,
  createNatsSigningKeys,
  type NatsIdentity,
  type NatsKeys,
  type NatsSigningKeys,
} from '@lexchange/nats-accounts'

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
  return randomBytes(24).toString('hex')
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

/** Files of a home that a service connects to NATS by, and that the registry lets departments in by. */
export function natsSecretsOf({ secrets }: Home) {
  return {
    credentials: (service: string) => join(secrets, `nats-${service}.creds`),
    accountKeys: join(secrets, 'nats-account-keys.json'),
  }
}

/**
 * The keys of NATS, made where they are missing, and what follows from them. Whoever takes the signing keys away
 * gets new ones at the next start; the identity stays, because the streams belong to it.
 */
export async function writeNatsKeys(home: Home): Promise<NatsKeys> {
  const identity = await keepJson<NatsIdentity>(home.natsIdentity, createNatsIdentity)
  const signing = await keepJson<NatsSigningKeys>(home.natsSigningKeys, () =>
    createNatsSigningKeys(identity),
  )
  const keys = { identity, signing }
  const files = natsSecretsOf(home)
  for (const [service, text] of Object.entries(await allServiceCredentials(keys)))
    writePrivate(files.credentials(service), text)
  writePrivate(files.accountKeys, JSON.stringify(await accountKeysOf(keys)))
  return keys
}

async function keepJson<T>(file: string, make: () => T | Promise<T>): Promise<T> {
  if (!existsSync(file)) writePrivate(file, JSON.stringify(await make(), null, 2))
  return JSON.parse(readFileSync(file, 'utf8')) as T
}

/** Renamed when complete, so that a killed start leaves no half file. */
function writePrivate(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.new`, text, { mode: 0o600 })
  chmodSync(`${file}.new`, 0o600)
  renameSync(`${file}.new`, file)
}
