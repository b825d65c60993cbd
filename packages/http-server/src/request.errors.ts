import { DomainError, type InputError } from '@lexchange/problems'
import type { FastifyError } from 'fastify'

/** The request does not fit its schema. */
export class RequestInvalidError extends DomainError {
  readonly code = 'request-invalid'
  readonly kind = 'malformed'

  constructor(errors: readonly InputError[]) {
    super(
      `The request does not fit its schema: ${errors.map((e) => `${e.pointer} ${e.detail}`.trim()).join('; ')}`,
      {
        errors,
      },
    )
  }
}

/** The request cannot be read at all: broken JSON, a path that cannot be decoded. */
export class RequestMalformedError extends DomainError {
  readonly code = 'request-malformed'
  readonly kind = 'malformed'
}

export class RouteNotFoundError extends DomainError {
  readonly code = 'route-not-found'
  readonly kind = 'not-found'

  constructor(method: string, path: string) {
    super(`There is no ${method} ${path} here; /openapi.json lists what there is`)
  }
}

export class BodyTooLargeError extends DomainError {
  readonly code = 'body-too-large'
  readonly kind = 'too-large'

  constructor(limit: number | undefined) {
    super(`The body is larger than ${limit ?? 'the allowed number of'} bytes`, {
      members: { limit },
    })
  }
}

export class MediaTypeUnsupportedError extends DomainError {
  readonly code = 'media-type-unsupported'
  readonly kind = 'unsupported'

  constructor(detail = 'The body has a content type that this route does not take') {
    super(detail)
  }
}

/** The domain error that a failure inside Fastify stands for; undefined for failures of our own. */
export function fromFastifyError(error: FastifyError, limit?: number): DomainError | undefined {
  if (error.validation) return new RequestInvalidError(inputErrors(error))
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new BodyTooLargeError(limit)
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
    case 'FST_ERR_CTP_INVALID_CONTENT_TYPE':
      return new MediaTypeUnsupportedError()
  }
  const status = error.statusCode ?? 500
  return status >= 400 && status < 500
    ? new RequestMalformedError(error.message, { cause: error })
    : undefined
}

type Fault = { instancePath: string; params: Record<string, unknown>; message?: string }

function inputErrors({ validation, validationContext }: FastifyError): InputError[] {
  return toInputErrors(validation ?? [], validationContext)
}

/** What ajv found, as a problem shows it. */
export function toInputErrors(faults: readonly Fault[], validationContext?: string): InputError[] {
  return faults.map((fault) => {
    const { missingProperty, additionalProperty } = fault.params as Record<string, string>
    const member = missingProperty ?? additionalProperty
    const pointer =
      member === undefined ? fault.instancePath : `${fault.instancePath}/${escapePointer(member)}`
    const where = validationContext && validationContext !== 'body' ? ` (${validationContext})` : ''
    return { pointer, detail: `${fault.message ?? 'is invalid'}${where}` }
  })
}

/** RFC 6901, 3. */
function escapePointer(member: string): string {
  return member.replaceAll('~', '~0').replaceAll('/', '~1')
}

/**
 * The time that a request names, by RFC 3339. That has leap seconds, which a clock of milliseconds since 1970
 * has not.
 * @throws RequestInvalidError
 */
export function requestedTime(pointer: string, text: string): Date {
  const time = new Date(text)
  if (Number.isNaN(time.getTime()))
    throw new RequestInvalidError([{ pointer, detail: 'must be a time of RFC 3339' }])
  return time
}
