import type { Metric, Registry } from 'prom-client'

const NAME = 'http_request_duration_seconds'
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

type Series = {
  labels: { method: string; route: string; status: number }
  /** How many lay in each bucket; the last one is for what lies above all. */
  counts: Float64Array
  sum: number
}

type Value = { metricName: string; labels: Record<string, string | number>; value: number }

/**
 * Times requests by method, route and status. Not prom-client's histogram, which builds and hashes the
 * labels of every observation: that costs as much as reading a license.
 */
export function createRequestDurations(metrics: Registry) {
  const series = new Map<string, Map<number, Map<string, Series>>>()

  function find(method: string, route: string, status: number): Series {
    const byStatus = getOrMake(series, route, () => new Map<number, Map<string, Series>>())
    const byMethod = getOrMake(byStatus, status, () => new Map<string, Series>())
    return getOrMake(byMethod, method, () => ({
      labels: { method, route, status },
      counts: new Float64Array(BUCKETS.length + 1),
      sum: 0,
    }))
  }

  function all(): Series[] {
    return [...series.values()].flatMap((byStatus) =>
      [...byStatus.values()].flatMap((byMethod) => [...byMethod.values()]),
    )
  }

  metrics.registerMetric({
    name: NAME,
    help: 'Time from a request to its answer',
    type: 'histogram',
    aggregator: 'sum',
    get: async () => ({
      name: NAME,
      help: 'Time from a request to its answer',
      type: 'histogram',
      aggregator: 'sum',
      values: all().flatMap(valuesOf),
    }),
    reset: () => series.clear(),
  } as unknown as Metric)

  return {
    observe(method: string, route: string, status: number, seconds: number): void {
      const found = find(method, route, status)
      let bucket = 0
      while (bucket < BUCKETS.length && seconds > (BUCKETS[bucket] as number)) bucket++
      found.counts[bucket] = (found.counts[bucket] as number) + 1
      found.sum += seconds
    },
  }
}

/** As Prometheus has it: each bucket counts the smaller ones too. */
function valuesOf({ labels, counts, sum }: Series): Value[] {
  let count = 0
  const buckets = [...BUCKETS, '+Inf'].map((le, index): Value => {
    count += counts[index] as number
    return { metricName: `${NAME}_bucket`, labels: { le, ...labels }, value: count }
  })
  return [
    ...buckets,
    { metricName: `${NAME}_sum`, labels, value: sum },
    { metricName: `${NAME}_count`, labels, value: count },
  ]
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) {
    value = make()
    map.set(key, value)
  }
  return value
}
