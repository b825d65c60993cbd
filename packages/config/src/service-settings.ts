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
  NATS_CREDENTIALS: secret('credentials of this service for NATS: the text of a .creds file', {
    fallback: '',
  }),
  SHUTDOWN_SECONDS: integer('how long requests under way may take when the service is stopped', {
    fallback: 10,
    min: 1,
    max: 300,
  }),
  DRAIN_SECONDS: integer(
    'how long before that it goes on answering as not ready, so that balancers take it out',
    { fallback: 0, min: 0, max: 300 },
  ),
  RATE_LIMIT_PER_SECOND: integer(
    'requests a second that one department, authority or other client may send to one process',
    { fallback: 50_000, min: 1, max: 1_000_000 },
  ),
  RATE_LIMIT_BURST: integer('requests of them that may come at once', {
    fallback: 50_000,
    min: 1,
    max: 1_000_000,
  }),
  RATE_LIMIT_PER_ADDRESS: integer(
    'requests a second that one address may send to one process to public routes or with unknown tokens',
    { fallback: 2_000, min: 1, max: 1_000_000 },
  ),
  TLS_CERT: text('certificate chain (PEM) to speak TLS with; plain HTTP without it', {
    fallback: '',
  }),
  TLS_KEY: secret('private key (PEM) of TLS_CERT', { fallback: '' }),
  TLS_CLIENT_CA: text(
    'certificates (PEM) that client certificates are checked with; none is asked for without it',
    { fallback: '' },
  ),
  CLIENT_CERT_HEADER: text(
    'header in which a proxy hands on the certificate of the client, e.g. Client-Cert (RFC 9440); only where clients cannot reach the service past the proxy, which has to drop what clients send in it',
    { fallback: '' },
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
