import { type DestinationStream, type Logger, pino } from 'pino'

/** Members that are never written, wherever in a line's first three levels they stand. */
const SECRET = [
  ...['authorization', 'dpop', 'cookie', 'password', 'token', 'access_token', 'client_assertion'],
  ...['claims', 'sealedClaims', 'holder', 'credential', 'disclosures', 'dataKey', 'data_key'],
  ...['content', 'answer', 'body'],
]

/** What PostgreSQL adds to an error: the values of the row or of the statement that failed. */
const VALUES = ['detail', 'where', 'internalQuery', 'query', 'parameters', 'hint']

/** The service's logger: a second line of defence, behind never handing claims or tokens to it. */
export function createLog(level: string, destination?: DestinationStream): Logger {
  const options = {
    ...{ name: 'issuer', level },
    redact: {
      paths: SECRET.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
      censor: '[redacted]',
    },
    serializers: { err: serializeError, error: serializeError },
  }
  return destination ? pino(options, destination) : pino(options)
}

function serializeError(error: unknown): unknown {
  return error instanceof Error ? withoutValues(pino.stdSerializers.err(error)) : error
}

function withoutValues(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutValues)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !VALUES.includes(name))
      .map(([name, member]) => [name, withoutValues(member)]),
  )
}
