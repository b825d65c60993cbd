import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

import { type CloudEvent, type LicenseEvent, licenseSubject } from '@lexchange/contracts'
import { jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'

import { issuance } from './issuances.ts'
import { readEventStream } from './read-event-stream.ts'
import type { TestRegistry } from './start-registry.ts'

export const MANAGE = 'subscription:manage'

/** Calls the registry as a department. */
export function callerOf({ app, headerOf }: TestRegistry, clientId: string) {
  let authorization: string | undefined
  return async (
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    payload?: object,
    headers: Record<string, string> = {},
  ) => {
    authorization ??= await headerOf(clientId, MANAGE)
    const url = `/v1/subscriptions${path}`
    return app.inject({
      method,
      url,
      headers: { authorization, ...headers },
      ...(payload && { payload }),
    })
  }
}

export type Change = {
  license: string
  sequence: number
  region?: string
  type?: string
  claims?: Record<string, unknown>
}

/** Puts an event into LICENSES, as the registry's relay does. */
export async function announce(
  nats: NatsConnection,
  { license, sequence, region = '440300', type = 'business-license', ...rest }: Change,
  event: LicenseEvent = sequence === 1 ? 'issued' : 'amended',
) {
  const message = issuance(event, sequence, { licenseId: license, region, type, ...rest })
  const subject = licenseSubject('license', { region, type }, event)
  const { seq } = await jetstream(nats).publish(subject, JSON.stringify(message), {
    msgID: message.id,
  })
  return { ...message, position: seq }
}

/** Sequences of each license in the order in which they arrived, without repetitions. */
export function orderOf(events: readonly CloudEvent[]): Map<string, number[]> {
  const found = new Map<string, number[]>()
  for (const { subject, sequence } of events) {
    const list = found.get(subject) ?? []
    if (!list.includes(Number(sequence))) list.push(Number(sequence))
    found.set(subject, list)
  }
  return found
}

export type Received = { headers: IncomingHttpHeaders; body: string; event: CloudEvent }

/** An endpoint for webhooks; `answer` says what each request gets. */
export async function startEndpoint(
  answer: (request: Received) => number | Promise<number> = () => 204,
) {
  const received: Received[] = []
  const endpoint = { answer }
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const one = { headers: request.headers, body, event: JSON.parse(body) as CloudEvent }
    received.push(one)
    const status = await endpoint.answer(one)
    response.writeHead(
      status,
      status >= 300 && status < 400 ? { location: 'http://127.0.0.1:1/' } : {},
    )
    response.end()
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    endpoint,
    async stop() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

/** As the specification of Standard Webhooks says, without our code. */
export function verifies(secret: string, { headers, body }: Received): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': given } = headers
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest()
  return String(given)
    .split(' ')
    .some((each) => {
      const [version, signature = ''] = each.split(',')
      const bytes = Buffer.from(signature, 'base64')
      return version === 'v1' && bytes.length === 32 && timingSafeEqual(bytes, expected)
    })
}

/** Reads Server-Sent Events as curl gets them. */
export async function openEvents(
  { base, headerOf }: TestRegistry,
  id: string,
  { clientId = 'tax-department', lastEventId }: { clientId?: string; lastEventId?: string } = {},
) {
  const authorization = await headerOf(clientId, MANAGE)
  const ending = new AbortController()
  const response = await fetch(`${base}/v1/subscriptions/${id}/events`, {
    headers: { authorization, ...(lastEventId && { 'last-event-id': lastEventId }) },
    signal: ending.signal,
  })
  const events: { id: string; event: CloudEvent }[] = []
  const open = { response, events, comments: '', ended: false, close: () => ending.abort() }
  const reading = (async () => {
    for await (const { id, data, text } of readEventStream(response)) {
      if (data === undefined) open.comments += text
      else events.push({ id: id ?? '', event: JSON.parse(data) })
    }
  })()
  reading.catch(() => {}).finally(() => (open.ended = true))
  return open
}
