import { Type } from 'typebox'

const ProblemDetails = Type.Object(
  {
    type: Type.String({
      description: '`urn:lexchange:problem:<slug>`; `/problems/<slug>` explains it',
    }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.Optional(Type.String()),
    instance: Type.Optional(Type.String()),
    errors: Type.Optional(
      Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String() })),
    ),
  },
  { additionalProperties: true },
)

const DESCRIPTIONS = {
  400: ['Malformed: the body, a parameter or a header does not fit its schema', 'request-invalid'],
  401: ['No access token, or one that does not hold', 'unauthenticated'],
  403: ['The client may not do this', 'insufficient-scope'],
  404: ['There is no such thing for this client', 'route-not-found'],
  409: ['The present state forbids it', 'status-conflict'],
  410: ['It is gone', 'gone'],
  412: ['If-Match names another version than the present one', 'version-mismatch'],
  413: ['The body is too large', 'body-too-large'],
  415: ['The body has a content type that is not taken here', 'media-type-unsupported'],
  422: ['A rule is violated', 'rule-violated'],
  429: ['Too many requests', 'too-many-requests'],
  500: ['The service failed in a way it did not expect', 'internal-error'],
  501: ['The service does not have this', 'not-implemented'],
  503: ['Not possible at the moment: try again after Retry-After seconds', 'database-unavailable'],
} as const

export type ProblemStatus = keyof typeof DESCRIPTIONS

function response(status: ProblemStatus) {
  const [description, slug] = DESCRIPTIONS[status]
  const example = {
    type: `urn:lexchange:problem:${slug}`,
    title: slug.charAt(0).toUpperCase() + slug.slice(1).replaceAll('-', ' '),
    status,
    detail: description,
    instance: '/v1/licenses',
  }
  return {
    description,
    content: { 'application/problem+json': { schema: ProblemDetails, example } },
  }
}

/** `...problems(404, 409)` documents those answers on a route. */
export function problems<const Status extends ProblemStatus>(...statuses: Status[]) {
  return Object.fromEntries(statuses.map((status) => [status, response(status)])) as {
    [S in Status]: ReturnType<typeof response>
  }
}
