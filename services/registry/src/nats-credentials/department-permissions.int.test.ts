import { refusedSubjects, waitFor } from '@lexchange/testing'
import { type Consumer, jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { type NatsDepartments, startNatsDepartments } from '../../test/nats-departments.ts'
import { announce, callerOf } from '../../test/subscribers.ts'

let departments: NatsDepartments
let { registry, issue, subscribe, connectBy }: NatsDepartments = {} as NatsDepartments

beforeAll(async () => {
  departments = await startNatsDepartments()
  ;({ registry, issue, subscribe, connectBy } = departments)
})
afterEach(() => departments.disconnect())
afterAll(() => departments.registry.stop())

/** Which of the subjects the server refuses. */
async function refused(
  connection: NatsConnection,
  operation: 'publish' | 'subscription',
  subjects: readonly string[],
): Promise<string[]> {
  const found = await refusedSubjects(connection, operation, subjects)
  return subjects.filter((subject) => found.has(subject))
}

const STREAMS = [
  ...['DELIVERIES', 'LICENSES', 'DIRECTORY', 'ISSUANCE', 'SEALED', 'ACCESS', 'HEADS', 'MEASURES'],
  ...['OTHER', '*', '>'],
]

/** Every request of the JetStream API (nats-server 2.9 to 2.14) about a stream and a consumer of it. */
const requests = (stream: string, consumer: string) => [
  ...['CREATE', 'UPDATE', 'DELETE', 'INFO', 'PURGE', 'SNAPSHOT', 'RESTORE'].map(
    (verb) => `$JS.API.STREAM.${verb}.${stream}`,
  ),
  ...['MSG.GET', 'MSG.DELETE', 'PEER.REMOVE', 'LEADER.STEPDOWN'].map(
    (verb) => `$JS.API.STREAM.${verb}.${stream}`,
  ),
  `$JS.API.STREAM.TEMPLATE.CREATE.${stream}`,
  `$JS.API.DIRECT.GET.${stream}`,
  `$JS.API.DIRECT.GET.${stream}.delivery.${consumer}`,
  `$JS.API.CONSUMER.NAMES.${stream}`,
  `$JS.API.CONSUMER.LIST.${stream}`,
  `$JS.API.CONSUMER.CREATE.${stream}`,
  `$JS.API.CONSUMER.CREATE.${stream}.${consumer}`,
  `$JS.API.CONSUMER.CREATE.${stream}.${consumer}.delivery.${consumer}`,
  ...['DURABLE.CREATE', 'DELETE', 'INFO', 'MSG.NEXT', 'LEADER.STEPDOWN'].map(
    (verb) => `$JS.API.CONSUMER.${verb}.${stream}.${consumer}`,
  ),
  ...['PAUSE', 'UNPIN', 'RESET'].map((verb) => `$JS.API.CONSUMER.${verb}.${stream}.${consumer}`),
  `$JS.ACK.${stream}.${consumer}.1.1.1.1.1`,
  `$JS.ACK._.hash.${stream}.${consumer}.1.1.1.1.1.x`,
]

const GENERAL = [
  ...['$JS.API.INFO', '$JS.API.ACCOUNT.PURGE.x', '$JS.API.META.LEADER.STEPDOWN'],
  ...['$JS.API.STREAM.NAMES', '$JS.API.STREAM.LIST', '$JS.API.STREAM.TEMPLATE.NAMES'],
  ...['$JS.API.SERVER.REMOVE', '$JS.API.>', '$JS.>', '$JS.FC.x', '$JS.EVENT.ADVISORY.x'],
  ...['$SYS.REQ.CLAIMS.UPDATE', '$SYS.REQ.SERVER.PING', '$SYS.REQ.USER.INFO', '$SYS.>'],
]
const EVENTS = ['issuance', 'license', 'directory', 'delivery', 'sealed', 'access', 'access-head']

describe('credentials of a department', () => {
  it('pull from its own consumers and acknowledge, and do nothing else', async () => {
    const { creds } = await issue('tax')
    const [own, second, others] = [
      await subscribe('tax'),
      await subscribe('tax'),
      await subscribe('finance'),
    ]
    const subjects = [
      ...GENERAL,
      ...STREAMS.flatMap((stream) =>
        [own, second, others, '*', '>'].flatMap((consumer) => requests(stream, consumer)),
      ),
      // What an acknowledgement of another's consumer would look like, with one's own name in it.
      `$JS.ACK.DELIVERIES.${others}.DELIVERIES.${own}.1.1.1`,
      ...[...EVENTS, 'measure', 'other'].flatMap((event) => [`${event}.a`, `${event}.${others}`]),
      ...[`delivery.${own}`, '_INBOX_tax.x', '_INBOX_finance.x', '_INBOX.x'],
      ...['_SERVICE_INBOX_registry.x', '_SERVICE_INBOX_accounts.x', '>', '*'],
    ].filter((subject, index, all) => all.indexOf(subject) === index && !subject.endsWith('>.x'))
    const allowed = [own, second].flatMap((consumer) => [
      `$JS.API.CONSUMER.INFO.DELIVERIES.${consumer}`,
      `$JS.API.CONSUMER.MSG.NEXT.DELIVERIES.${consumer}`,
      `$JS.ACK.DELIVERIES.${consumer}.1.1.1.1.1`,
    ])
    const no = await refused(await connectBy(creds, 'tax'), 'publish', subjects)
    expect(subjects.filter((subject) => !no.includes(subject)).sort()).toEqual(allowed.sort())
    expect(subjects.length).toBeGreaterThan(900)
  })

  it('listen to its own inbox and to nothing else', async () => {
    const { creds } = await issue('tax')
    const own = await subscribe('tax')
    const subjects = [
      ...['_INBOX_tax.>', '_INBOX_tax.a.b'],
      ...['>', '*', '*.>', '_INBOX.>', '_INBOX_finance.>', '_INBOX_tax', '_INBOX_*.>'],
      ...['_SERVICE_INBOX_registry.>', '_SERVICE_INBOX_accounts.>', '_R_.>', '$SYS.>', '$JS.>'],
      ...['$JS.EVENT.>', '$JS.ACK.>', '$JS.API.>', `delivery.${own}`],
      ...[...EVENTS, 'measure', 'other'].map((event) => `${event}.>`),
    ]
    const no = await refused(await connectBy(creds, 'tax'), 'subscription', subjects)
    const yes = subjects.filter((subject) => !no.includes(subject))
    expect(yes).toEqual(['_INBOX_tax.>', '_INBOX_tax.a.b'])
  })

  it('do nothing at all while there is no subscription', async () => {
    const { creds } = await issue('finance')
    for (const id of (
      await sql<{
        id: string
      }>`select id from subscription where department_id = 'finance'`.execute(registry.db)
    ).rows.map((row) => row.id))
      await callerOf(registry, 'finance-department')('DELETE', `/${id}`)
    const subjects = [...GENERAL, ...requests('DELIVERIES', 'x'), 'license.a', '_INBOX_finance.x']
    const no = await refused(await connectBy(creds, 'finance'), 'publish', subjects)
    expect(no).toEqual(subjects)
  })

  it('bring the events of a subscription that was made after them', async () => {
    const { creds } = await issue('tax')
    const connection = await connectBy(creds, 'tax', { reconnect: true, reconnectTimeWait: 50 })
    const consumer = await subscribe('tax')
    const { id } = await announce(registry.nats, { license: crypto.randomUUID(), sequence: 1 })
    // Its connection has just been ended and made again, and what was asked meanwhile is lost.
    let pulling: Consumer | undefined
    const open = async () => {
      pulling = await jetstream(connection).consumers.get('DELIVERIES', consumer)
      return true
    }
    await waitFor(open, { timeout: 30_000 })
    const message = await pulling?.next({ expires: 10_000 })
    expect(message?.json()).toMatchObject({ id })
    expect(await message?.ackAck()).toBe(true)
    expect((await pulling?.info())?.num_ack_pending).toBe(0)
  })

  it('leave the connections of others alone when a department gets a subscription', async () => {
    const { creds } = await issue('tax')
    const connection = await connectBy(creds, 'tax')
    await issue('finance')
    await subscribe('finance')
    await connection.flush()
    expect(connection.isClosed()).toBe(false)
  })
})
