import { choice, integer, list, secret, text, url } from './kinds.ts'

/** Settings that every service reads. */
export const serviceSettings = {
  HOST: text('address to listen on', { fallback: '127.0.0.1' }),
  PORT: integer('port to listen on', { min: 1, max: 65_535 }),
  PUBLIC_URL: url('base URL that clients reach this service by'),
  LOG_LEVEL: choice(
    'least severe level that is logged',
    ['trace', 'debug', 'info', 'warn', 'error'],
    {
      fallback: 'info',
    },
  ),
  TOKEN_ISSUER: url('the `iss` of access tokens: the public base URL of the registry'),
  NATS_SERVERS: list('NATS servers, host:port, separated by commas'),
  NATS_USER: text('NATS user of this service', { fallback: '' }),
  NATS_PASSWORD: secret('password of the NATS user', { fallback: '' }),
  SHUTDOWN_SECONDS: integer('how long requests under way may take when the service is stopped', {
    fallback: 10,
    min: 1,
    max: 300,
  }),
  DRAIN_SECONDS: integer(
    'how long before that it goes on answering as not ready, so that balancers take it out',
    { fallback: 0, min: 0, max: 300 },
  ),
} as const

/** Settings of a service with a PostgreSQL database of its own. */
export const databaseSettings = {
  DATABASE_URL: secret('postgres://user:password@host:port/database'),
  DATABASE_PASSWORD: secret('password of the database user, in place of the one in DATABASE_URL', {
    fallback: '',
  }),
  DATABASE_POOL_SIZE: integer('most connections to PostgreSQL', { fallback: 10, min: 1, max: 500 }),
} as const
