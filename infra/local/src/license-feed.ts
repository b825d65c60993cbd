import { type CloudEvent, licenseEventOf } from '@lexchange/contracts'
import { jetstream } from '@nats-io/jetstream'
import { connect, credsAuthenticator } from '@nats-io/transport-node'

import { type ApiAnswer, type ClientsFile, callerFor } from './api-caller.ts'

/** What has arrived of the changes of licenses since the subscription. */
export type LicenseFeed = {
  has(licenseId: string, event: string): boolean
  count(): number
  /** Ends the subscription too, and revokes its credentials. */
  close(): Promise<void>
}

/** How long a change may take to be seen before the waiting is given up, in ms. */
const PATIENCE = 15_000

type Subscription = {
  id: string
  delivery: { stream: string; consumer: string; inboxPrefix: string }
}

/** Subscribes to all licenses from now on, as a department's system does: by JetStream, with credentials of its own. */
export async function subscribeToLicenses(
  clients: ClientsFile,
  clientId: string,
): Promise<LicenseFeed> {
  const { call } = callerFor(clients, clientId)
  const { departmentId } = clients.clients.find((each) => each.clientId === clientId) ?? {}
  const subscriptions = `${clients.services.registry}/v1/subscriptions`
  const credentials = `${clients.services.registry}/v1/departments/${departmentId}/nats-credentials`
  const wanted = { filter: {}, delivery: { kind: 'jetstream' } }
  const subscription = created(await call<Subscription>('POST', subscriptions, wanted))
  const day = { expiresIn: 86_400 }
  const issued = created(await call<{ id: string; creds: string }>('POST', credentials, day))
  const following = await follow(clients.nats.servers, subscription, issued.creds)
  return {
    ...following,
    async close() {
      await following.close()
      await call('DELETE', `${subscriptions}/${subscription.id}`)
      await call('DELETE', `${credentials}/${issued.id}`)
    },
  }
}

function created<Body>({ status, body }: ApiAnswer<Body>): Body {
  if (status !== 201) throw new Error(`expected status 201, got ${status} ${JSON.stringify(body)}`)
  return body
}

async function follow(
  servers: string[],
  { delivery }: Subscription,
  creds: string,
): Promise<LicenseFeed> {
  const { stream, consumer, inboxPrefix } = delivery
  const authenticator = credsAuthenticator(new TextEncoder().encode(creds))
  const nats = await connect({ servers, name: 'tour', inboxPrefix, authenticator })
  const messages = await (await jetstream(nats).consumers.get(stream, consumer)).consume()
  const seen = new Set<string>()
  let count = 0
  const reading = (async () => {
    for await (const message of messages) {
      const event = message.json<CloudEvent>()
      seen.add(`${event.subject} ${licenseEventOf(event.type)}`)
      count++
      message.ack()
    }
  })()
  return {
    has: (licenseId, event) => seen.has(`${licenseId} ${event}`),
    count: () => count,
    async close() {
      await messages.close()
      await reading
      await nats.close()
    },
  }
}

/** @throws where the condition does not come to hold in time. */
export async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + PATIENCE
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited ${PATIENCE} ms in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
