import { jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'

/** No delivery for so long means that one is lost, in ms. */
const PATIENCE = 60_000

type Arrival = { count: number; last: number }

export type Arrivals = {
  /** Time from `note` to each delivery, in ms, ascending. */
  took: number[]
  /** Of each subscriber: deliveries in a second, until its last one; ascending. */
  rates: number[]
}

/** Subscribers that pull and acknowledge as fast as they can, each by a consumer of its own. */
export async function openSubscribers(
  nats: NatsConnection,
  stream: string,
  consumers: readonly string[],
) {
  const sent = new Map<string, number>()
  const arrivals = new Map<string, Arrival>()
  let took: number[] = []
  let began = 0

  async function read(consumer: string): Promise<void> {
    const messages = await (await jetstream(nats).consumers.get(stream, consumer)).consume()
    void (async () => {
      for await (const message of messages) {
        const now = performance.now()
        took.push(now - (sent.get(message.json<{ id: string }>().id) ?? Number.NaN))
        const { count } = arrivals.get(consumer) ?? { count: 0 }
        arrivals.set(consumer, { count: count + 1, last: now })
        message.ack()
      }
    })()
  }
  await Promise.all(consumers.map(read))

  return {
    begin(): void {
      sent.clear()
      arrivals.clear()
      took = []
      began = performance.now()
    },
    /** A change is on its way. */
    note: (id: string) => void sent.set(id, performance.now()),
    /** Resolves when so many have arrived. @throws where none came for a minute */
    async arrived(wanted: number): Promise<Arrivals> {
      let [seen, since] = [0, performance.now()]
      while (took.length < wanted) {
        if (took.length > seen) [seen, since] = [took.length, performance.now()]
        if (performance.now() - since > PATIENCE)
          throw new Error(`${took.length} of ${wanted} deliveries arrived`)
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
      const rateOf = ({ count, last }: Arrival) => (count * 1000) / (last - began)
      const rates = consumers.map((each) => rateOf(arrivals.get(each) ?? { count: 0, last: 0 }))
      const ascending = (a: number, b: number) => a - b
      return { took: took.toSorted(ascending), rates: rates.toSorted(ascending) }
    },
  }
}
