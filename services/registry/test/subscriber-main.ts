import { openSync, writeSync } from 'node:fs'
import { createServer } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

import { createTokenClient } from '@lexchange/auth'
import { jetstream } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import type { JWK } from 'jose'

import { followJournal, lineOf } from './journal.ts'
import { readEventStream } from './read-event-stream.ts'

export type SubscriberSettings = {
  journal: string
  registry: string
  clientId: string
  key: JWK
  servers: readonly string[]
  port: number
  /** Subscriptions. */
  sse: string
  jetstream: string
}

/** A department's system that takes all three deliveries, each as docs/subscriptions.md says, and is killed at any time. */
const settings = JSON.parse(process.argv[2] ?? '') as SubscriberSettings
let place = followJournal(settings.journal)().findLast(({ kind }) => kind === 'sse')?.place
const journal = openSync(settings.journal, 'a')
const store = (...args: Parameters<typeof lineOf>) => writeSync(journal, lineOf(...args))

createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  store('webhook', JSON.parse(body))
  response.writeHead(204).end()
}).listen(settings.port, '127.0.0.1')

const token = createTokenClient({
  tokenEndpoint: `${settings.registry}/oauth/token`,
  issuer: settings.registry,
  clientId: settings.clientId,
  privateKey: settings.key,
  scopes: ['subscription:manage'],
})

async function connectEvents(): Promise<void> {
  const url = `${settings.registry}/v1/subscriptions/${settings.sse}/events`
  const headers = { authorization: `Bearer ${await token()}` }
  const response = await fetch(url, {
    headers: { ...headers, ...(place !== undefined && { 'last-event-id': place }) },
  })
  if (!response.ok) throw new Error(`events answered ${response.status}`)
  for await (const { id, data } of readEventStream(response)) {
    if (data === undefined) continue
    place = id
    store('sse', JSON.parse(data), place)
  }
}

async function pull(): Promise<void> {
  const { servers } = settings
  const nats = await connect({ servers: [...servers], reconnect: false })
  try {
    const consumer = await jetstream(nats).consumers.get('DELIVERIES', settings.jetstream)
    for await (const message of await consumer.consume()) {
      store('jetstream', message.json())
      message.ack()
    }
  } finally {
    await nats.close()
  }
}

/** Again and again, whatever breaks. */
async function keepUp(work: () => Promise<void>): Promise<never> {
  for (;;) {
    await work().catch(() => {})
    await pause(100)
  }
}

await Promise.all([keepUp(connectEvents), keepUp(pull)])
