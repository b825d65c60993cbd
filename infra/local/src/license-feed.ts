import { type CloudEvent, licenseEventOf } from '@lexchange/contracts'
import { DeliverPolicy, jetstream } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'

/** What has arrived from the LICENSES stream since the subscription. */
export type LicenseFeed = {
  has(licenseId: string, event: string): boolean
  count(): number
  close(): Promise<void>
}

/** How long a change may take to be seen before the waiting is given up, in ms. */
const PATIENCE = 15_000

/** Reads LICENSES from now on, as a department's system does: an ordered consumer over JetStream. */
export async function subscribeToLicenses(servers: string[]): Promise<LicenseFeed> {
  const nats = await connect({ servers, name: 'tour' })
  const consumer = await jetstream(nats).consumers.get('LICENSES', {
    deliver_policy: DeliverPolicy.New,
  })
  const messages = await consumer.consume()
  const seen = new Set<string>()
  let count = 0
  const reading = (async () => {
    for await (const message of messages) {
      const event = message.json<CloudEvent>()
      seen.add(`${event.subject} ${licenseEventOf(event.type)}`)
      count++
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
