import { type Static, type TSchema, Type } from 'typebox'

/** CloudEvents 1.0, structured JSON; `sequence` and `traceparent` are its documented extensions. */
export type CloudEvent<Data = unknown> = {
  specversion: '1.0'
  /** UUIDv7, also the `Nats-Msg-Id`. */
  id: string
  source: string
  type: string
  subject: string
  time: string
  datacontenttype: 'application/json'
  sequence?: string
  traceparent?: string
  data: Data
}

export type EventContract<Data extends TSchema = TSchema> = {
  /** e.g. `license.issued`. */
  readonly name: string
  readonly version: number
  /** The CloudEvents type, e.g. `lexchange.license.issued.v1`. */
  readonly type: string
  readonly data: Data
  /** Schema of the whole message. */
  readonly message: TSchema
}

export type EventOf<Contract extends EventContract> = CloudEvent<Static<Contract['data']>>

const Id = Type.String({ minLength: 1, maxLength: 128 })

/**
 * Declares one version of one event. A version that was published is never edited: a new shape is a
 * new version, and both keep their fixture in `fixtures/`.
 */
export function defineEvent<Data extends TSchema>(
  name: string,
  version: number,
  data: Data,
): EventContract<Data> {
  const type = `lexchange.${name}.v${version}`
  const message = Type.Object({
    specversion: Type.Literal('1.0'),
    id: Id,
    source: Type.String({ minLength: 1, maxLength: 256 }),
    type: Type.Literal(type),
    subject: Id,
    time: Type.String({ format: 'date-time' }),
    datacontenttype: Type.Literal('application/json'),
    sequence: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,9}$' })),
    traceparent: Type.Optional(Type.String({ maxLength: 55 })),
    data,
  })
  return { name, version, type, data, message }
}
