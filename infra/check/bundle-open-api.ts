import { isDeepStrictEqual } from 'node:util'

type Server = { url: string; description?: string }
type Operation = Record<string, unknown> & {
  operationId: string
  responses: Record<string, unknown>
}
type Bundled = Operation & { servers: Server[] }
type Paths = Record<string, Record<string, Bundled>>
type Scopes = Record<string, string>
type OAuth2 = { flows: { clientCredentials: { scopes: Scopes } } }
type SecuritySchemes = { oauth2: OAuth2 } & Record<string, unknown>

/** One service's document, as far as bundling looks into it. */
export type ServiceDocument = {
  info: Record<string, unknown>
  servers: Server[]
  paths: Record<string, Record<string, Operation>>
  components: { securitySchemes: SecuritySchemes }
}

/**
 * All services in one OpenAPI document: each operation names the server that answers it. Where two services have
 * different operations of the same path and method, the beginning of it moves into the server's URL, because paths of a document are
 * unique; the URL that results is the same.
 */
export function bundleOpenApi(
  services: readonly [service: string, document: ServiceDocument][],
  version: string,
): object {
  const paths: Paths = {}
  for (const [service, document] of services)
    for (const [path, operations] of Object.entries(document.paths))
      for (const [method, operation] of Object.entries(operations)) {
        const server = { url: document.servers[0]?.url ?? '', description: service }
        place(paths, path, method, { ...structuredClone(operation), servers: [server] })
      }
  nameApart(paths)
  const documents = services.map(([, document]) => document)
  return {
    openapi: '3.1.0',
    info: {
      ...documents[0]?.info,
      title: 'Lexchange',
      version,
      description: `All services in one document: ${services.map(([name]) => name).join(', ')}. Each operation names the servers that answer it.`,
    },
    servers: services.map(([description, { servers }]) => ({ url: servers[0]?.url, description })),
    paths,
    components: {
      securitySchemes: joinSchemes(documents.map(({ components }) => components.securitySchemes)),
      responses: shareResponses(paths),
    },
  }
}

/** The schemes are the same everywhere, but for the scopes that a service knows. */
function joinSchemes(schemes: readonly SecuritySchemes[]): SecuritySchemes {
  const joined = structuredClone(Object.assign({}, ...schemes)) as SecuritySchemes
  const { clientCredentials } = joined.oauth2.flows
  for (const { oauth2 } of schemes)
    Object.assign(clientCredentials.scopes, oauth2.flows.clientCredentials.scopes)
  return joined
}

/** @returns the responses that several operations give; these refer to them from now on. */
function shareResponses(paths: Paths): Record<string, unknown> {
  const given = Object.values(paths)
    .flatMap((item) => Object.values(item))
    .flatMap(({ responses }) => Object.keys(responses).map((status) => ({ responses, status })))
  const alike = Map.groupBy(given, ({ responses, status }) => JSON.stringify(responses[status]))
  const shared: Record<string, unknown> = {}
  for (const [text, places] of alike) {
    if (places.length < 2) continue
    const name = `shared-${Object.keys(shared).length + 1}`
    shared[name] = JSON.parse(text)
    for (const { responses, status } of places)
      responses[status] = { $ref: `#/components/responses/${name}` }
  }
  return shared
}

function place(paths: Paths, path: string, method: string, operation: Bundled): void {
  for (const [prefix, rest] of splits(path)) {
    const servers = operation.servers.map(({ url, ...more }) => ({ url: url + prefix, ...more }))
    const there = paths[rest]?.[method]
    if (there && !same(there, operation)) continue
    if (there) there.servers.push(...servers)
    else paths[rest] = { ...paths[rest], [method]: { ...operation, servers } }
    return
  }
  throw new Error(`${method} ${path} is answered in more ways than a bundle can tell apart`)
}

/** The whole path, then less and less of it, without a parameter in what is left out. */
function splits(path: string): [prefix: string, rest: string][] {
  const parts = path.slice(1).split('/')
  const parameter = parts.findIndex((part) => part.startsWith('{'))
  const most = parameter < 0 ? parts.length - 1 : Math.min(parameter, parts.length - 1)
  return Array.from({ length: most + 1 }, (_, left) => {
    const prefix = parts.slice(0, left).map((part) => `/${part}`)
    return [prefix.join(''), `/${parts.slice(left).join('/')}`]
  })
}

/** Services may speak of the same with examples of their own. */
function same(one: Bundled, other: Bundled): boolean {
  return isDeepStrictEqual(essence(one), essence(other))
}

function essence({ servers: _, ...operation }: Bundled): unknown {
  return JSON.parse(
    JSON.stringify(operation, (key, inner) =>
      key === 'example' || key === 'examples' ? undefined : inner,
    ),
  )
}

/** An operationId that two services use gets the name of the service in front. */
function nameApart(paths: Paths): void {
  const operations = Object.values(paths).flatMap((item) => Object.values(item))
  for (const [id, sharing] of Map.groupBy(operations, ({ operationId }) => operationId))
    for (const operation of sharing.length > 1 ? sharing : []) {
      const service = operation.servers[0]?.description ?? ''
      operation.operationId = `${service}${id[0]?.toUpperCase()}${id.slice(1)}`
    }
}
