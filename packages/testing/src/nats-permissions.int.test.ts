import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect as connectSocket } from 'node:net'
import { join } from 'node:path'

import { findNatsServer, type NatsUser, renderNatsConfig, spawnChild } from '@lexchange/local'
import { connect, PermissionViolationError } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { freePort } from './free-port.ts'
import { makeTestFolder, removeTestFolder } from './test-folder.ts'
import { waitFor } from './wait-for.ts'

const USERS = ['issuer', 'registry', 'verification', 'oversight', 'guest'] as const
const STREAMS = [
  ...['ISSUANCE', 'LICENSES', 'DIRECTORY', 'SEALED', 'ACCESS', 'HEADS', 'DELIVERIES', 'MEASURES'],
  'OTHER',
]

/** What each may send events to. */
const PUBLISHES: Record<NatsUser, readonly string[]> = {
  issuer: ['issuance'],
  registry: ['license', 'directory', 'delivery', 'sealed', 'access', 'access-head'],
  verification: ['access', 'access-head'],
  oversight: ['measure'],
  guest: [],
}
/** What each may read; the registry owns all streams. */
const CONSUMES: Record<NatsUser, readonly string[]> = {
  issuer: ['DIRECTORY'],
  registry: STREAMS,
  verification: ['LICENSES', 'DIRECTORY', 'SEALED'],
  oversight: ['ACCESS', 'DIRECTORY'],
  guest: ['LICENSES'],
}
const EVENTS = [
  ...['issuance', 'license', 'directory', 'delivery', 'sealed', 'access', 'access-head', 'measure'],
  'other',
]
const passwords = { issuer: 'i', registry: 'r', verification: 'v', oversight: 'o', guest: 'g' }

let server: ChildProcess
let folder: string
let port: number

beforeAll(async () => {
  const [binary, free] = await Promise.all([findNatsServer(), freePort()])
  port = free
  folder = makeTestFolder()
  const config = join(folder, 'nats.conf')
  const options = { host: '127.0.0.1', port, store: join(folder, 'store'), passwords }
  writeFileSync(config, renderNatsConfig({ ...options, guests: true, syncAlways: false }))
  server = spawnChild({
    command: binary,
    args: ['--config', config],
    logFile: join(folder, 'nats.log'),
    stopSignal: 'SIGTERM',
  })
  await waitFor(listens)
})
afterAll(async () => {
  const ended = once(server, 'exit')
  server.kill('SIGKILL')
  await ended
  removeTestFolder(folder)
})

function listens(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectSocket(port, '127.0.0.1', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

/** Which of the subjects the server refuses to a user. */
async function refused(user: NatsUser, operation: 'publish' | 'subscription', subjects: string[]) {
  const connection = await connect({
    servers: `127.0.0.1:${port}`,
    ...(user !== 'guest' && { user, pass: passwords[user] }),
    inboxPrefix: user === 'guest' ? '_INBOX' : `_INBOX_${user}`,
  })
  const found = new Set<string>()
  const note = (error: unknown) => {
    if (error instanceof PermissionViolationError && error.operation === operation)
      found.add(error.subject)
  }
  const listening = (async () => {
    for await (const status of connection.status()) {
      if ('error' in status) note(status.error)
    }
  })()
  for (const subject of subjects)
    if (operation === 'publish') connection.publish(subject, '{}')
    else connection.subscribe(subject, { callback: (error) => note(error) })
  await connection.flush()
  await connection.close()
  await listening
  return found
}

/** What reads, acknowledges or spoils one stream. */
const reads = (stream: string) => [
  `$JS.API.STREAM.INFO.${stream}`,
  `$JS.API.CONSUMER.CREATE.${stream}`,
  `$JS.API.CONSUMER.CREATE.${stream}.reader.filter`,
  `$JS.API.CONSUMER.MSG.NEXT.${stream}.reader`,
  `$JS.ACK.${stream}.reader.1.1.1.1.1`,
]
const spoils = (stream: string) => [
  `$JS.API.STREAM.CREATE.${stream}`,
  `$JS.API.STREAM.UPDATE.${stream}`,
  `$JS.API.STREAM.DELETE.${stream}`,
  `$JS.API.STREAM.PURGE.${stream}`,
  `$JS.API.STREAM.MSG.DELETE.${stream}`,
  `$JS.API.STREAM.SNAPSHOT.${stream}`,
  `$JS.API.CONSUMER.NAMES.${stream}`,
  `$JS.API.CONSUMER.LIST.${stream}`,
  `$JS.API.DIRECT.GET.${stream}`,
]

describe.each(USERS)('the NATS user %s', (user) => {
  it('sends to its own subjects and to no other', async () => {
    const subjects = EVENTS.map((event) => `${event}.a.b`)
    const no = await refused(user, 'publish', subjects)
    const yes = subjects.filter((subject) => !no.has(subject))
    expect(yes).toEqual(
      EVENTS.filter((event) => PUBLISHES[user].includes(event)).map((event) => `${event}.a.b`),
    )
  })

  it('reads its own streams and no other', async () => {
    const subjects = STREAMS.flatMap(reads)
    // Whether the registry keeps up with it is all that the issuer may ask of ISSUANCE.
    const watched = user === 'issuer' ? ['$JS.API.STREAM.INFO.ISSUANCE'] : []
    const allowed = [...CONSUMES[user].flatMap(reads), ...watched]
    const no = await refused(user, 'publish', subjects)
    expect(subjects.filter((subject) => !no.has(subject)).sort()).toEqual(allowed.sort())
  })

  it('neither changes a stream nor looks who reads it, unless it owns them', async () => {
    const subjects = STREAMS.flatMap(spoils)
    const no = await refused(user, 'publish', subjects)
    expect([...no].sort()).toEqual(user === 'registry' ? [] : [...subjects].sort())
  })

  it('listens to its own inbox only', async () => {
    const inboxes = USERS.map((each) => (each === 'guest' ? '_INBOX.>' : `_INBOX_${each}.>`))
    const others = ['>', '*.>', '$JS.>', ...EVENTS.map((event) => `${event}.>`)]
    const subjects = [...inboxes, ...others]
    const no = await refused(user, 'subscription', subjects)
    const own = inboxes[USERS.indexOf(user)]
    expect(subjects.filter((subject) => !no.has(subject))).toEqual([own])
  })
})

describe('nobody without a password', () => {
  it('is a service', async () => {
    for (const user of USERS)
      if (user !== 'guest')
        await expect(
          connect({ servers: `127.0.0.1:${port}`, user, pass: 'wrong', reconnect: false }),
        ).rejects.toThrow()
  })
})
