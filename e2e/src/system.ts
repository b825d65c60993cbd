import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { CloudEvent } from '@lexchange/contracts'
import { type ClientsFile, callerFor, type LocalProcesses, startLocal } from '@lexchange/local'
import { serviceInbox } from '@lexchange/nats-accounts'
import { DeliverPolicy, jetstream } from '@nats-io/jetstream'
import { connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node'

import { randomPortBase } from './port-base.ts'

type ServiceName = 'issuer' | 'registry' | 'verification' | 'oversight'

export type Check = { status: string; verdict: string; version: number | null; stale: boolean }

/** All of Lexchange as `npm start` runs it, in a folder and on ports of its own. */
export type System = {
  clients: ClientsFile
  clientsFile: string
  processes: LocalProcesses
  /** kill -9; the service is started again at once, as npm start does. */
  kill(name: ServiceName | 'postgres'): Promise<void>
  ready(name: ServiceName | 'postgres'): Promise<void>
  /** What a check by the tendering department says. */
  status(number: string, type: string): Promise<Check>
  /** Events of a license, in the order in which the LICENSES stream holds them. */
  streamedOf(licenseId: string): Promise<string[]>
  natsAs(user: ServiceName): Promise<NatsConnection>
  /** Folder of all state. */
  folder: string
  /** Ends everything, and leaves the folder. */
  halt(): Promise<void>
  stop(): Promise<void>
}

export async function startSystem(): Promise<System> {
  const home = await mkdtemp(join(tmpdir(), 'lexchange-e2e-'))
  const local = await startLocal({ home, portBase: randomPortBase() })
  const { clients, clientsFile, processes, ports } = local
  const tendering = callerFor(clients, 'tendering-department')

  async function natsAs(user: ServiceName) {
    return connect({
      servers: `127.0.0.1:${ports.nats}`,
      authenticator: credsAuthenticator(
        await readFile(join(home, 'secrets', `nats-${user}.creds`)),
      ),
      inboxPrefix: serviceInbox(user),
    })
  }

  return {
    clients,
    clientsFile,
    processes,
    natsAs,
    kill: (name) => processes[name].kill('SIGKILL'),
    ready: (name) => processes[name].waitReady(),
    async status(number, type) {
      const url = `${clients.services.verification}/v1/licenses/${type}/${number}/status`
      return (await tendering.call<Check>('GET', url)).body
    },
    folder: home,
    halt: () => local.stop(),
    streamedOf: async (licenseId) => readStream(await natsAs('verification'), licenseId),
    async stop() {
      await local.stop()
      await rm(home, { recursive: true, force: true })
    },
  }
}

/** Reads LICENSES from its beginning to its present end. */
async function readStream(connection: NatsConnection, licenseId: string): Promise<string[]> {
  try {
    const consumer = await jetstream(connection).consumers.get('LICENSES', {
      deliver_policy: DeliverPolicy.All,
    })
    const events: string[] = []
    for (let left = (await consumer.info()).num_pending; left > 0; ) {
      const message = await consumer.next({ expires: 5_000 })
      if (!message) throw new Error('the stream ended early')
      left = message.info.pending
      const { subject, type } = message.json<CloudEvent>()
      if (subject === licenseId) events.push(type.split('.')[2] ?? '')
    }
    return events
  } finally {
    await connection.close()
  }
}
