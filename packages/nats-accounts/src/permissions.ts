/** The services that connect to NATS, each as a user of its own. */
export const SERVICES = ['issuer', 'registry', 'verification', 'oversight'] as const
export type Service = (typeof SERVICES)[number]

export type Permissions = {
  publish: readonly string[]
  subscribe: readonly string[]
}

/** The stream whose messages departments pull, each subscription by a consumer of its own. */
const DELIVERIES = 'DELIVERIES'

/**
 * Where the answers to a service arrive. With the common `_INBOX` one user could listen to the answers that
 * another gets; departments have `_INBOX_<id>`, so that none can be called like a service.
 */
export function serviceInbox(service: string): string {
  return `_SERVICE_INBOX_${service}`
}

/** Where the answers to a department arrive. */
export function departmentInbox(departmentId: string): string {
  return `_INBOX_${departmentId}`
}

/** What follows a stream through a consumer that it makes itself. */
function follows(stream: string): string[] {
  return [
    `$JS.API.STREAM.INFO.${stream}`,
    `$JS.API.STREAM.MSG.GET.${stream}`,
    `$JS.API.CONSUMER.CREATE.${stream}`,
    `$JS.API.CONSUMER.CREATE.${stream}.>`,
    `$JS.API.CONSUMER.DURABLE.CREATE.${stream}.>`,
    `$JS.API.CONSUMER.INFO.${stream}.*`,
    `$JS.API.CONSUMER.DELETE.${stream}.*`,
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.>`,
    `$JS.ACK.${stream}.>`,
    `$JS.ACK.*.*.${stream}.>`,
  ]
}

/** Whether JetStream is there says nothing about anybody's data. */
const COMMON = ['$JS.API.INFO', '$JS.FC.>']

/**
 * Each service has its own subjects only. Nobody but the registry may list the consumers of a stream: whoever
 * knows the name of another's could delete it, and those of readers have random ones.
 */
const PUBLISH: Readonly<Record<Service, readonly string[]>> = {
  issuer: [
    'issuance.>',
    '$JS.API.STREAM.INFO.ISSUANCE',
    // It keeps its own record until the registry's consumer has passed it.
    '$JS.API.CONSUMER.INFO.ISSUANCE.*',
    ...follows('DIRECTORY'),
    ...COMMON,
  ],
  registry: [
    ...['license.>', 'directory.>', 'delivery.>', 'sealed.>', 'access.>', 'access-head.>'],
    // It owns the streams, and so the whole JetStream API.
    ...['$JS.API.>', '$JS.ACK.>', '$JS.FC.>'],
  ],
  verification: [
    ...['access.>', 'access-head.>'],
    ...['LICENSES', 'DIRECTORY', 'SEALED'].flatMap(follows),
    ...COMMON,
  ],
  oversight: ['measure.>', ...['ACCESS', 'DIRECTORY'].flatMap(follows), ...COMMON],
}

/** What a service may send and listen to. */
export function servicePermissions(service: Service): Permissions {
  const advisories = service === 'registry' ? ['$JS.EVENT.ADVISORY.>'] : []
  return { publish: PUBLISH[service], subscribe: [`${serviceInbox(service)}.>`, ...advisories] }
}

/**
 * What a department may send and listen to: pull from its consumers, look at them, acknowledge, its own inbox.
 * The form of acknowledgements of nats-server 2.14 (`$JS.ACK.<domain>.<account>.DELIVERIES.…`) is not among it:
 * with wildcards it would match acknowledgements of other consumers.
 */
export function departmentPermissions(
  departmentId: string,
  consumers: readonly string[],
): Permissions {
  return {
    publish: consumers.flatMap((consumer) => [
      `$JS.API.CONSUMER.INFO.${DELIVERIES}.${consumer}`,
      `$JS.API.CONSUMER.MSG.NEXT.${DELIVERIES}.${consumer}`,
      `$JS.ACK.${DELIVERIES}.${consumer}.>`,
    ]),
    subscribe: [`${departmentInbox(departmentId)}.>`],
  }
}

/** In the form of JWTs, where an absent list allows everything: what allows nothing says so. */
export function toClaims({ publish, subscribe }: Permissions) {
  return { pub: allowOnly(publish), sub: allowOnly(subscribe) }
}

function allowOnly(subjects: readonly string[]): { allow: string[] } | { deny: string[] } {
  return subjects.length > 0 ? { allow: [...subjects] } : { deny: ['>'] }
}
