import { jetstream } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'

import { RAW_SOURCE, rawCopy } from './fan-out-raw.ts'

/** As many as the registry has under way. */
const IN_FLIGHT = 512

/** The least that copying can cost: no filter, no agreement, no order, nothing remembered. */
const nats = await connect({ servers: (process.env.SERVERS ?? '').split(',') })
const stream = jetstream(nats)
const consumersOf = Map.groupBy(
  JSON.parse(process.env.REGIONS ?? '[]') as [consumer: string, region: string][],
  ([, region]) => region,
)
// An ordered consumer, as the registry's: what was read needs no acknowledgement.
const messages = await (await stream.consumers.get(RAW_SOURCE)).consume()
process.send?.('ready')
let underWay: Promise<unknown>[] = []
for await (const message of messages) {
  for (const [consumer] of consumersOf.get(message.subject.split('.')[1] ?? '') ?? [])
    underWay.push(stream.publish(rawCopy(consumer), message.data))
  if (underWay.length < IN_FLIGHT) continue
  await Promise.all(underWay)
  underWay = []
}
