import { DomainError } from '@lexchange/problems'

/** 404: there is none, or it is another department's. */
export class SubscriptionNotFoundError extends DomainError {
  readonly code = 'subscription-not-found'
  readonly kind = 'not-found'

  constructor(id: string) {
    super(`There is no subscription ${id}`)
  }
}

/** 403: no agreement of the department covers a part of the filter. */
export class SubscriptionTooWideError extends DomainError {
  readonly code = 'subscription-too-wide'
  readonly kind = 'forbidden'

  constructor(pointer: string, part: { type: string; region: string }) {
    super(
      `No agreement of the department covers licenses of type ${part.type} in region ${part.region}`,
      { errors: [{ pointer, detail: 'is wider than the agreements' }], members: { part } },
    )
  }
}

/** 422: the filter or the delivery names what does not exist or is not allowed. */
export class SubscriptionInvalidError extends DomainError {
  readonly code = 'subscription-invalid'
  readonly kind = 'rule-violated'

  constructor(pointer: string, detail: string) {
    super(`The subscription is not valid: ${pointer} ${detail}`, { errors: [{ pointer, detail }] })
  }
}

/** 409: this is for subscriptions of another kind of delivery. */
export class DeliveryMismatchError extends DomainError {
  readonly code = 'delivery-mismatch'
  readonly kind = 'conflict'

  constructor(kind: string, needed: string) {
    super(`This subscription is delivered by ${kind}; that is for those by ${needed}`, {
      members: { kind },
    })
  }
}

/** 409: credentials for NATS list the consumers that they open, so there must be an end. */
export class SubscriptionLimitError extends DomainError {
  readonly code = 'subscription-limit'
  readonly kind = 'conflict'

  constructor(kind: string, most: number) {
    super(`The department has ${most} subscriptions by ${kind} already`, { members: { most } })
  }
}

/** 409: nothing is sent while the subscription is paused. */
export class SubscriptionPausedError extends DomainError {
  readonly code = 'subscription-paused'
  readonly kind = 'conflict'

  constructor(id: string) {
    super(`The subscription ${id} is paused`)
  }
}

export type CatchUp = { subscription: string; detail: string }

/** 410: the stream does not hold the position any more. */
export class PositionGoneError extends DomainError {
  readonly code = 'position-gone'
  readonly kind = 'gone'

  constructor(
    { subscription, detail }: CatchUp,
    { oldestPosition, oldestTime }: { oldestPosition?: number; oldestTime?: string },
  ) {
    super(detail, {
      members: {
        oldestPosition,
        oldestTime,
        catchUp: [
          'Read what has changed meanwhile: GET /v1/licenses?updatedSince=<time of your last event>',
          `Have what the stream still holds sent again: POST /v1/subscriptions/${subscription}/replay {"fromTime": "<the same time>"}, or the oldest position`,
          'Connect without Last-Event-ID',
        ],
      },
    })
  }
}

/** 422: a replay from what has not happened yet. */
export class PositionInFutureError extends DomainError {
  readonly code = 'position-in-future'
  readonly kind = 'rule-violated'

  constructor(pointer: string, last: number) {
    super(`LICENSES ends at position ${last}: there is nothing to replay from later on`, {
      errors: [{ pointer, detail: 'is later than the last event' }],
      members: { position: last },
    })
  }
}

/** 503: NATS does not answer, so events can neither be copied nor read. */
export class DeliveriesUnavailableError extends DomainError {
  readonly code = 'deliveries-unavailable'
  readonly kind = 'unavailable'

  constructor(cause?: unknown) {
    super('The stream of deliveries cannot be reached at the moment', { cause, retryAfter: 2 })
  }
}
