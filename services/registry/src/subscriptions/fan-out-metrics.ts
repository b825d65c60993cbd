import { Counter, Gauge, type Registry } from 'prom-client'

import type { Copies } from './copy-events.ts'

export type FanOutMetrics = ReturnType<typeof createFanOutMetrics>

export function createFanOutMetrics(metrics: Registry) {
  const copied = new Counter({
    name: 'deliveries_total',
    help: 'Events copied to subscriptions, by the way they go; withheld: no agreement covers them',
    labelNames: ['way'],
    registers: [metrics],
  })
  const position = new Gauge({
    name: 'fan_out_position',
    help: 'Position in LICENSES up to which events were copied to subscriptions, where this replica leads',
    registers: [metrics],
  })
  return {
    position,
    count({ published, webhooks, withheld }: Copies) {
      copied.inc({ way: 'deliveries' }, published.length)
      copied.inc({ way: 'webhook' }, webhooks.length)
      copied.inc({ way: 'withheld' }, withheld.size)
    },
  }
}
