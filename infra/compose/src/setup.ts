import { randomBytes } from 'node:crypto'

import {
  type ClientsFile,
  createClaimKeys,
  createFirstDirectory,
  createReceiptKeys,
  withAgreements,
} from '@lexchange/local'
import {
  accountKeysOf,
  accountOf,
  allServiceCredentials,
  createNatsIdentity,
  createNatsSigningKeys,
  type NatsKeys,
  renderTrust,
} from '@lexchange/nats-accounts'

import { type SecretFiles, secretFilesIn } from './secret-files.ts'

export type Addresses = ClientsFile['services'] & { nats: string }

/** What the services are called on the network of the containers. */
const INSIDE: Addresses = {
  issuer: 'http://issuer:7001',
  registry: 'http://registry:7002',
  verification: 'http://balancer:7003',
  oversight: 'http://oversight:7004',
  nats: 'nats:4222',
}

/**
 * Makes what the services start from: passwords, keys, the directory and its clients. What is there
 * stays as it is, but the addresses, which follow the settings of each start.
 */
export async function setup(folder: string, outside: Addresses): Promise<void> {
  const files = secretFilesIn(folder)
  await files.keep('postgres/superuser-password', newPassword, 'any')
  for (const name of ['issuer', 'registry', 'oversight']) {
    const password = await files.keep(`postgres/${name}-password`, newPassword, 'any')
    await files.write(`${name}/database-password`, password)
  }
  await keepNatsKeys(files)
  for (const name of ['issuer', 'registry'])
    await files.keep(`${name}/key-encryption-key`, () => randomBytes(32).toString('base64'))
  const receiptKeys = JSON.stringify(await createReceiptKeys())
  await files.keep('verification/receipt-keys.json', () => receiptKeys)
  await keepClaimKeys(files)
  await writeClients(files, await keepDirectory(files), outside)
}

/**
 * The server gets what says whom it trusts, each service its credentials. The keys that sign all of that are in a
 * volume that nobody but this job has; whoever takes the signing keys away gets new ones.
 */
async function keepNatsKeys(files: SecretFiles): Promise<void> {
  const newIdentity = JSON.stringify(createNatsIdentity())
  const identity = JSON.parse(await files.keep('nats-operator/identity.json', () => newIdentity))
  const newSigningKeys = JSON.stringify(await createNatsSigningKeys(identity))
  const signing = JSON.parse(
    await files.keep('nats-operator/signing-keys.json', () => newSigningKeys),
  )
  const keys: NatsKeys = { identity, signing }
  await files.write('nats/trust.conf', renderTrust(keys, '/data/accounts'))
  await files.write('nats/account', accountOf(identity))
  await files.write('registry/nats-account-keys.json', JSON.stringify(await accountKeysOf(keys)))
  for (const [service, text] of Object.entries(await allServiceCredentials(keys)))
    await files.write(`${service}/nats.creds`, text)
}

/** The issuer has its own; registry and verification share theirs. */
async function keepClaimKeys(files: SecretFiles): Promise<void> {
  const newKeys = () => JSON.stringify(createClaimKeys())
  await files.keep('issuer/claim-keys.json', newKeys)
  const shared = await files.keep('registry/claim-keys.json', newKeys)
  await files.write('verification/claim-keys.json', shared)
}

const CLIENTS = 'clients/clients.json'
const SEED = 'registry/directory.json'
const VERIFICATION_KEY = 'verification/client-key.json'

/** The three belong together: the seed holds the public keys of the other two. */
async function keepDirectory(files: SecretFiles): Promise<ClientsFile['clients']> {
  const [known, ...others] = await Promise.all([CLIENTS, SEED, VERIFICATION_KEY].map(files.read))
  const [knownSeed] = others
  if (known && knownSeed && others.every((each) => each !== undefined)) {
    await files.write(SEED, withAgreements(knownSeed))
    return (JSON.parse(known) as ClientsFile).clients
  }
  const { clients, verificationKey, seed } = await createFirstDirectory()
  await files.write(VERIFICATION_KEY, JSON.stringify(verificationKey))
  await files.write(SEED, JSON.stringify(seed))
  return clients
}

/** For use on the host, and for use on the network of the containers. */
async function writeClients(
  files: SecretFiles,
  clients: ClientsFile['clients'],
  outside: Addresses,
): Promise<void> {
  const reachedAt = ({ nats, ...services }: Addresses): ClientsFile => ({
    tokenEndpoint: `${services.registry}/oauth/token`,
    issuer: outside.registry,
    services,
    clients,
    nats: { servers: [nats] },
  })
  await files.write('clients/clients-inside.json', JSON.stringify(reachedAt(INSIDE), null, 2))
  await files.write(CLIENTS, JSON.stringify(reachedAt(outside), null, 2))
}

function newPassword(): string {
  return randomBytes(24).toString('hex')
}
