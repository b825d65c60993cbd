import { AggregatorRegistry, type MetricObject, type Registry } from 'prom-client'

import type { ToPrimary, ToWorker } from './messages.ts'

/** A process that has not answered by then is left out, in ms. */
const PATIENCE = 1_000

type Collection = { left: number; found: MetricObject[][]; finish: () => void }

/** In the primary: sums the metrics of all processes when a worker is asked for them. */
export function createMetricsCollector(
  own: Registry,
  pool: { readonly size: number; tell(message: ToWorker): void },
) {
  const collections = new Map<number, Collection>()
  let requests = 0

  async function collect(): Promise<string> {
    const found = [(await own.getMetricsAsJSON()) as unknown as MetricObject[]]
    const request = ++requests
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, PATIENCE)
      const finish = () => {
        clearTimeout(timer)
        resolve()
      }
      collections.set(request, { left: pool.size, found, finish })
      if (pool.size === 0) finish()
      pool.tell({ kind: 'give-metrics', request })
    })
    collections.delete(request)
    return AggregatorRegistry.aggregate(found).metrics()
  }

  function take(request: number, metrics: unknown[]): void {
    const collection = collections.get(request)
    if (!collection) return
    collection.found.push(metrics as MetricObject[])
    if (--collection.left === 0) collection.finish()
  }

  return { collect, take }
}

type Channel = { send(message: ToPrimary): void }

/** In a worker: asks the primary; alone it answers for itself. */
export function createMetricsClient(own: Registry, channel: Channel) {
  const waiting = new Map<number, (text: string) => void>()
  let requests = 0
  return {
    async collect(): Promise<string> {
      const request = ++requests
      const text = await new Promise<string | undefined>((resolve) => {
        const timer = setTimeout(resolve, PATIENCE * 2, undefined)
        waiting.set(request, (collected) => {
          clearTimeout(timer)
          resolve(collected)
        })
        channel.send({ kind: 'collect-metrics', request })
      })
      waiting.delete(request)
      return text ?? own.metrics()
    },
    async give(request: number): Promise<void> {
      const metrics = await own.getMetricsAsJSON()
      channel.send({ kind: 'own-metrics', request, metrics: JSON.parse(JSON.stringify(metrics)) })
    },
    take(request: number, text: string): void {
      waiting.get(request)?.(text)
    },
  }
}
