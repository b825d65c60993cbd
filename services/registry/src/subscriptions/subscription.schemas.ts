import { LICENSE_EVENTS, Time } from '@lexchange/contracts'
import { PageQuery } from '@lexchange/http-server'
import { type Static, Type } from 'typebox'

const CLOSED = { additionalProperties: false }
const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()])

const Values = (description: string, examples: unknown[]) =>
  Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
      ...{ minItems: 1, maxItems: 64, uniqueItems: true, description },
      examples: [examples],
    }),
  )

const Filter = Type.Object(
  {
    types: Values('License types; absent: every type', ['business-license']),
    regions: Values(
      'Division codes, each with all that lies in it: 440000 is all of Guangdong; absent: the country',
      ['440300'],
    ),
    events: Values(`Of ${LICENSE_EVENTS.join(', ')}; absent: every event`, ['revoked']),
  },
  { ...CLOSED, description: 'As wide as the agreements of the department at most' },
)

const ID = '019ab3f2-7c00-7000-8000-000000000001'
const FILTER = { types: ['business-license'], regions: ['440300'], events: ['issued', 'revoked'] }

export const NewSubscription = Type.Object(
  {
    filter: Type.Optional(Filter),
    delivery: Type.Union([
      Type.Object({ kind: Type.Literal('jetstream') }, CLOSED),
      Type.Object(
        {
          kind: Type.Literal('webhook'),
          url: Type.String({
            ...{ minLength: 1, maxLength: 2048 },
            description: 'https, of the public internet',
          }),
        },
        CLOSED,
      ),
      Type.Object({ kind: Type.Literal('sse') }, CLOSED),
    ]),
  },
  { ...CLOSED, examples: [{ filter: FILTER, delivery: { kind: 'jetstream' } }] },
)
export type NewSubscription = Static<typeof NewSubscription>

export const SubscriptionChange = Type.Object(
  {
    state: Type.Optional(
      Type.Enum(['active', 'paused'] as const, {
        description: '`active` also tries at once what an endpoint has failed to take',
      }),
    ),
    filter: Type.Optional(Filter),
  },
  { ...CLOSED, minProperties: 1, examples: [{ state: 'paused' }] },
)

export const Replay = Type.Union(
  [
    Type.Object(
      {
        fromPosition: Type.Integer({
          ...{ minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
          description: 'In LICENSES, this one included',
        }),
      },
      CLOSED,
    ),
    Type.Object({ fromTime: Time }, CLOSED),
  ],
  { examples: [{ fromTime: '2026-11-20T00:00:00.000Z' }] },
)
export type Replay = Static<typeof Replay>

export const Resend = Type.Union(
  [
    Type.Object(
      {
        positions: Type.Optional(
          Type.Array(Type.Integer({ minimum: 1 }), {
            ...{ minItems: 1, maxItems: 1000, uniqueItems: true },
            description: 'Of the dead letters; absent: all',
          }),
        ),
      },
      CLOSED,
    ),
    Type.Null(),
  ],
  { examples: [{ positions: [1042] }] },
)

const Delivery = Type.Union([
  Type.Object({
    kind: Type.Literal('jetstream'),
    servers: Type.Array(Type.String()),
    stream: Type.String(),
    consumer: Type.String({ description: 'Durable pull consumer; acknowledge each message' }),
    inboxPrefix: Type.String({ description: "The department's own; set it when connecting" }),
  }),
  Type.Object({
    kind: Type.Literal('webhook'),
    url: Type.String(),
    secret: Type.Optional(
      Type.String({
        description: 'Shown once, in the answer to POST',
        examples: ['whsec_MfKQ9r…'],
      }),
    ),
  }),
  Type.Object({ kind: Type.Literal('sse'), url: Type.String() }),
])

const LastError = Type.Object({
  at: Time,
  code: Type.String({
    description:
      '`webhook-failed` (tried again), `webhook-given-up` and `webhook-gone` (paused), `outside-agreements` (withheld), `position-gone` (a gap)',
  }),
  detail: Type.String(),
})

export const EXAMPLE_SUBSCRIPTION = {
  id: ID,
  departmentId: 'tax',
  filter: FILTER,
  delivery: {
    kind: 'jetstream',
    servers: ['nats.example.gov.cn:4222'],
    stream: 'DELIVERIES',
    consumer: ID,
    inboxPrefix: '_INBOX_tax',
  },
  state: 'active',
  position: 1042,
  lag: 0,
  lastError: null,
  createdAt: '2026-11-24T01:00:00.000Z',
  updatedAt: '2026-11-24T01:00:00.000Z',
}

export const SubscriptionAnswer = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    departmentId: Type.String(),
    filter: Filter,
    delivery: Delivery,
    state: Type.Enum(['active', 'paused', 'failing'] as const, {
      description: '`failing`: the endpoint has not taken an event yet, which is tried again',
    }),
    position: Nullable(
      Type.Integer({
        description: 'In LICENSES: all up to it has arrived; null while NATS is away',
      }),
    ),
    lag: Nullable(
      Type.Integer({
        description:
          'Events that wait for the department, and those of LICENSES not looked at yet; null while NATS is away',
      }),
    ),
    lastError: Nullable(LastError),
    createdAt: Time,
    updatedAt: Time,
  },
  { examples: [EXAMPLE_SUBSCRIPTION] },
)

export const SecretAnswer = Type.Object(
  {
    secret: Type.String({ description: 'Shown once; signs from now on' }),
    previousValidUntil: Type.String({
      ...{ format: 'date-time' },
      description: 'Until then the secret before signs too',
    }),
  },
  {
    examples: [
      {
        secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=',
        previousValidUntil: '2026-11-25T01:00:00.000Z',
      },
    ],
  },
)

export const DeadLetterAnswer = Type.Object({
  position: Type.Integer(),
  webhookId: Type.String(),
  attempts: Type.Integer(),
  failure: Nullable(Type.String()),
  firstAttemptAt: Nullable(Time),
  givenUpAt: Time,
  event: Type.Unknown({ description: 'The CloudEvent' }),
})

export const ResendAnswer = Type.Object(
  { resent: Type.Integer({ description: 'How many will be sent again' }) },
  { examples: [{ resent: 1 }] },
)

export const SubscriptionQuery = Type.Object(PageQuery, CLOSED)
export const SubscriptionParams = Type.Object({
  id: Type.String({ format: 'uuid', examples: [ID] }),
})
export const EventHeaders = Type.Object({
  'last-event-id': Type.Optional(
    Type.String({
      ...{ minLength: 1, maxLength: 512 },
      description: '`id` of the last event that arrived: the next one follows',
    }),
  ),
})
