import {
  LICENSE_EVENT_MEANINGS,
  LICENSE_EVENTS,
  type LicenseEvent,
  licenseEvents,
} from '@lexchange/contracts'

import { exampleOf } from './event-examples.ts'

const ID = {
  type: 'string',
  format: 'uuid',
  examples: ['019ab3f2-7c00-7000-8000-000000000001'],
}
const POSITION = { type: 'string', pattern: '^[0-9]+$', description: 'In LICENSES' }

const HEADERS = {
  webhookHeaders: {
    type: 'object',
    required: [
      'webhook-id',
      'webhook-timestamp',
      'webhook-signature',
      'lexchange-position',
      'lexchange-subscription',
    ],
    properties: {
      'webhook-id': { type: 'string', description: 'The same when the event is sent again' },
      'webhook-timestamp': { type: 'string', description: 'Seconds since 1970, of this attempt' },
      'webhook-signature': {
        type: 'string',
        description:
          'Standard Webhooks: `v1,<base64 of HMAC-SHA256>`, while a secret is rotated two of them, parted by a space',
      },
      'lexchange-position': POSITION,
      'lexchange-subscription': ID,
    },
  },
  jetstreamHeaders: {
    type: 'object',
    required: ['Nats-Msg-Id', 'Lexchange-Position'],
    properties: {
      'Nats-Msg-Id': {
        type: 'string',
        description: '`<event>.<subscription>`, and a number behind it after a replay',
      },
      'Lexchange-Position': POSITION,
    },
  },
}

const DELIVERIES = {
  jetstream: {
    address: 'delivery.{subscription}',
    description:
      'Stream DELIVERIES, kept 7 days; read by the durable pull consumer that bears the id of the subscription, one message at a time',
    servers: [{ $ref: '#/servers/nats' }],
    headers: { $ref: '#/components/schemas/jetstreamHeaders' },
    'x-jetstream': { stream: 'DELIVERIES' },
  },
  webhook: {
    address: null,
    description:
      'POST to the URL of the subscription. 2xx within 10 s takes the event; anything else is tried again for three days',
    headers: { $ref: '#/components/schemas/webhookHeaders' },
  },
  sse: {
    address: '/v1/subscriptions/{subscription}/events',
    description:
      'Server-Sent Events over HTTP GET. `data:` is the event; `id:` goes back as `Last-Event-ID` when connecting again',
    servers: [{ $ref: '#/servers/registry' }],
  },
} as const

/** AsyncAPI 3.0 of what departments receive: the events of the contracts by each delivery of a subscription. */
export function deliveriesDocument(version: string): object {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Lexchange deliveries',
      version,
      description:
        'Changes of licenses, as a subscription delivers them to a department: the same CloudEvents 1.0 (structured JSON) by JetStream, webhook or Server-Sent Events. At least once, and in order for each license: drop an event whose `sequence` is not greater than the last one that you have of its `subject`.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/cloudevents+json',
    servers: {
      nats: { host: '127.0.0.1:7006', protocol: 'nats', description: 'The local default' },
      registry: { host: '127.0.0.1:7002', protocol: 'http', description: 'The local default' },
    },
    channels: Object.fromEntries(
      Object.entries(DELIVERIES).map(([kind, delivery]) => [kind, channelOf(delivery)]),
    ),
    operations: Object.fromEntries(
      Object.keys(DELIVERIES).map((kind) => [
        `${kind}Delivery`,
        {
          action: 'receive',
          channel: { $ref: `#/channels/${kind}` },
          summary: `A department takes the events of a subscription (${kind})`,
        },
      ]),
    ),
    components: {
      schemas: {
        ...HEADERS,
        ...Object.fromEntries(LICENSE_EVENTS.map((event) => [event, licenseEvents[event].message])),
      },
      messageTraits: Object.fromEntries(LICENSE_EVENTS.map((event) => [event, traitOf(event)])),
    },
  }
}

type Delivery = { address: string | null; description: string; headers?: object }

function channelOf({ headers, ...channel }: Delivery): object {
  const parameters = channel.address?.includes('{subscription}') && {
    parameters: { subscription: { description: 'Id of the subscription' } },
  }
  const messageOf = (event: LicenseEvent) => ({
    traits: [{ $ref: `#/components/messageTraits/${event}` }],
    ...(headers && { headers }),
    payload: { $ref: `#/components/schemas/${event}` },
  })
  return {
    ...channel,
    ...parameters,
    messages: Object.fromEntries(LICENSE_EVENTS.map((event) => [event, messageOf(event)])),
  }
}

/** What is said of an event, whatever brings it. */
function traitOf(event: LicenseEvent) {
  const { type, name } = licenseEvents[event]
  const { when, status, version, note } = LICENSE_EVENT_MEANINGS[event]
  return {
    name: type,
    title: name,
    summary: `Emitted when ${when}`,
    description: `${note}\n\n\`data.status\`: ${status}. \`data.version\`: ${version}.`,
    contentType: 'application/cloudevents+json',
    examples: [{ name: 'example', payload: exampleOf(event) }],
  }
}
