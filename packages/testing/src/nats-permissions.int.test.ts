import {
  allServiceCredentials,
  createNatsIdentity,
  createNatsSigningKeys,
  SERVICES,
  type Service,
  serviceInbox,
} from '@lexchange/nats-accounts'
import { connect, credsAuthenticator } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { refusedSubjects } from './refused-subjects.ts'
import { startAccountNats } from './test-nats.ts'

const STREAMS = [
  ...['ISSUANCE', 'LICENSES', 'DIRECTORY', 'SEALED', 'ACCESS', 'HEADS', 'DELIVERIES', 'MEASURES'],
  'OTHER',
]

/** What each may send events to. */
const PUBLISHES: Record<Service, readonly string[]> = {
  issuer: ['issuance'],
  registry: ['license', 'directory', 'delivery', 'sealed', 'access', 'access-head'],
  verification: ['access', 'access-head'],
  oversight: ['measure'],
}
/** What each may read; the registry owns all streams. */
const CONSUMES: Record<Service, readonly string[]> = {
  issuer: ['DIRECTORY'],
  registry: STREAMS,
  verification: ['LICENSES', 'DIRECTORY', 'SEALED'],
  oversight: ['ACCESS', 'DIRECTORY'],
}
const EVENTS = [
  ...['issuance', 'license', 'directory', 'delivery', 'sealed', 'access', 'access-head', 'measure'],
  'other',
]

let server: Awaited<ReturnType<typeof startAccountNats>>
let credentials: Record<Service, string>

beforeAll(async () => {
  server = await startAccountNats()
  credentials = await allServiceCredentials(server.keys)
})
afterAll(() => server.stop())

function connectBy(creds: string, inboxPrefix: string) {
  return connect({
    servers: server.servers,
    authenticator: credsAuthenticator(new TextEncoder().encode(creds)),
    inboxPrefix,
    reconnect: false,
  })
}

/** Which of the subjects the server refuses to a user. */
async function refused(user: Service, operation: 'publish' | 'subscription', subjects: string[]) {
  const connection = await connectBy(credentials[user], serviceInbox(user))
  return refusedSubjects(connection, operation, subjects)
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

describe.each(SERVICES)('the NATS user %s', (user) => {
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
    const inboxes = SERVICES.map((each) => `${serviceInbox(each)}.>`)
    const others = [
      '>',
      '*.>',
      '_INBOX.>',
      '_INBOX_tax.>',
      '$JS.>',
      ...EVENTS.map((event) => `${event}.>`),
    ]
    const subjects = [...inboxes, ...others]
    const no = await refused(user, 'subscription', subjects)
    const own = inboxes[SERVICES.indexOf(user)]
    expect(subjects.filter((subject) => !no.has(subject))).toEqual([own])
  })
})

describe('nobody', () => {
  const refusal = /Authorization Violation|Authentication/i

  it('connects without credentials', async () => {
    const open = { servers: server.servers, reconnect: false }
    await expect(connect(open)).rejects.toThrow(refusal)
    const guest = { ...open, user: 'guest', pass: 'guest' }
    await expect(connect(guest)).rejects.toThrow(refusal)
  })

  it('connects by credentials that another operator has made', async () => {
    const identity = createNatsIdentity()
    const others = { identity, signing: await createNatsSigningKeys(identity) }
    for (const keys of [others, { ...others, identity: server.keys.identity }])
      for (const creds of Object.values(await allServiceCredentials(keys)))
        await expect(connectBy(creds, '_INBOX')).rejects.toThrow(refusal)
  })
})
