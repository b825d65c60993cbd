import { waitFor } from '@lexchange/testing'
import { CloudEvent, type Headers, HTTP } from 'cloudevents'
import { connect, credsAuthenticator } from 'nats'
import { Webhook, WebhookVerificationError } from 'standardwebhooks'
import { v7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { type NatsDepartments, startNatsDepartments } from '../../test/nats-departments.ts'
import type { TestRegistry } from '../../test/start-registry.ts'
import {
  announce,
  callerOf,
  openEvents,
  type Received,
  startEndpoint,
} from '../../test/subscribers.ts'

let registry: TestRegistry
let issue: NatsDepartments['issue']
let tax: ReturnType<typeof callerOf>

beforeAll(async () => {
  ;({ registry, issue } = await startNatsDepartments({ WEBHOOK_ALLOW_LOCAL: 'yes' }))
  tax = callerOf(registry, 'tax-department')
})
afterAll(() => registry.stop())

async function subscribe(delivery: object) {
  const answer = await tax('POST', '', { filter: {}, delivery })
  expect(answer.statusCode, answer.body).toBe(201)
  return answer.json()
}

const headersOf = ({ headers }: Received) => headers as Record<string, string>

/** An event as it was put into LICENSES, without what only our publisher adds to it. */
type Announced = Awaited<ReturnType<typeof announce>>

function expectEvent(event: CloudEvent<unknown>, { position: _, ...announced }: Announced) {
  expect(event.validate()).toBe(true)
  expect({ ...event.toJSON(), time: new Date(event.time as string).toISOString() }).toEqual(
    announced,
  )
}

describe('the package standardwebhooks', () => {
  it('verifies a webhook, and refuses it when a byte or the secret is another', async () => {
    const endpoint = await startEndpoint()
    const { id, delivery } = await subscribe({ kind: 'webhook', url: endpoint.url })
    const event = await announce(registry.nats, { license: v7(), sequence: 1 })
    await waitFor(() => endpoint.received.length === 1)
    const [request] = endpoint.received as [Received]
    const webhook = new Webhook(delivery.secret)
    expect(webhook.verify(request.body, headersOf(request))).toMatchObject({ id: event.id })

    const changed = request.body.replace('"sequence":"1"', '"sequence":"2"')
    expect(changed).not.toBe(request.body)
    expect(() => webhook.verify(changed, headersOf(request))).toThrow(WebhookVerificationError)
    const stranger = new Webhook(`whsec_${Buffer.alloc(32, 1).toString('base64')}`)
    expect(() => stranger.verify(request.body, headersOf(request))).toThrow(
      WebhookVerificationError,
    )
    await tax('DELETE', `/${id}`)
    await endpoint.stop()
  })

  it('verifies by the old and by the new secret while both are good', async () => {
    const endpoint = await startEndpoint()
    const { id, delivery } = await subscribe({ kind: 'webhook', url: endpoint.url })
    const rotated = (await tax('POST', `/${id}/rotate-secret`, {})).json()
    const license = v7()
    await announce(registry.nats, { license, sequence: 1 })
    await waitFor(() => endpoint.received.length === 1)
    const [request] = endpoint.received as [Received]
    for (const secret of [delivery.secret, rotated.secret])
      expect(new Webhook(secret).verify(request.body, headersOf(request))).toMatchObject({
        subject: license,
      })
    await tax('DELETE', `/${id}`)
    await endpoint.stop()
  })
})

describe('the package cloudevents', () => {
  it('parses the request of a webhook', async () => {
    const endpoint = await startEndpoint()
    const { id } = await subscribe({ kind: 'webhook', url: endpoint.url })
    const announced = await announce(registry.nats, { license: v7(), sequence: 1 })
    await waitFor(() => endpoint.received.length === 1)
    const [{ headers, body }] = endpoint.received as [Received]
    const event = HTTP.toEvent({ headers: headers as Headers, body })
    expectEvent(event as CloudEvent<unknown>, announced)
    await tax('DELETE', `/${id}`)
    await endpoint.stop()
  })

  it('parses a Server-Sent Event', async () => {
    const { id } = await subscribe({ kind: 'sse' })
    const connection = await openEvents(registry, id)
    const announced = await announce(registry.nats, { license: v7(), sequence: 1 })
    await waitFor(() => connection.events.length === 1)
    expectEvent(new CloudEvent(connection.events[0]?.event ?? {}), announced)
    connection.close()
    await tax('DELETE', `/${id}`)
  })
})

describe('the client nats 2', () => {
  it('pulls and acknowledges the events of a subscription in order, by issued credentials', async () => {
    const { delivery } = await subscribe({ kind: 'jetstream' })
    const license = v7()
    const announced: Announced[] = []
    for (const sequence of [1, 2, 3])
      announced.push(await announce(registry.nats, { license, sequence }))
    const { servers, stream, consumer, inboxPrefix } = delivery
    const authenticator = credsAuthenticator(new TextEncoder().encode((await issue('tax')).creds))
    const nats = await connect({ servers, inboxPrefix, authenticator })
    const messages = await (await nats.jetstream().consumers.get(stream, consumer)).consume()
    const positions: number[] = []
    for await (const message of messages) {
      positions.push(Number(message.headers?.get('Lexchange-Position')))
      expectEvent(new CloudEvent(message.json()), announced[positions.length - 1] as Announced)
      expect(await message.ackAck()).toBe(true)
      if (positions.length === announced.length) break
    }
    expect(positions).toEqual(announced.map(({ position }) => position))
    await waitFor(async () => (await tax('GET', `/${consumer}`)).json().lag === 0)
    await nats.close()
  })
})
