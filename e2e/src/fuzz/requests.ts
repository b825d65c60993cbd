import fc from 'fast-check'

import type { Operation, Parameter } from './operations.ts'
import { broken, hostile, valid } from './values.ts'

export type FuzzRequest = {
  operation: Operation
  url: string
  headers: Record<string, string>
  body: string | undefined
  /** Client of clients.json, `nobody`, or `forger`. */
  caller: string
}

export type FuzzWorld = {
  operations: Operation[]
  clients: { clientId: string; scopes: string[] }[]
  /** Ids that exist, to be read and changed. */
  ids: string[]
  /** Ids of the directory that were made to be spoilt. */
  targets: string[]
}

/** Requests of all operations: valid ones, ones with a fault in one place, and nonsense. */
export function fuzzRequests(world: FuzzWorld): fc.Arbitrary<FuzzRequest> {
  return fc.oneof(...world.operations.map((operation) => requestsOf(operation, world)))
}

function requestsOf(operation: Operation, world: FuzzWorld): fc.Arbitrary<FuzzRequest> {
  const parameters = fc.tuple(
    ...operation.parameters.map((each) => parameterValue(each, operation, world)),
  )
  const able = world.clients.filter(({ scopes }) =>
    operation.scopes.some((s) => scopes.includes(s)),
  )
  const names = (clients: FuzzWorld['clients']) => clients.map(({ clientId }) => clientId)
  const caller = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...(able.length > 0 ? names(able) : ['nobody'])) },
    { weight: 1, arbitrary: fc.constantFrom('nobody', 'forger', ...names(world.clients)) },
  )
  return fc
    .tuple(parameters, bodiesOf(operation, world), caller, oddHeaders)
    .map(([values, { type, body }, who, odd]) => {
      const { url, headers } = place(operation, values)
      const all = { ...headers, ...(type && { 'content-type': type }), ...odd }
      return { operation, url, headers: all, body, caller: who }
    })
}

/** Whether it changes what others of this test rely on. */
function isDangerous({ service, method }: Operation): boolean {
  return method !== 'GET' && (service === 'registry' || service === 'oversight')
}

/** Undefined where an optional one is left out. */
function parameterValue(parameter: Parameter, operation: Operation, world: FuzzWorld) {
  const text = fc.oneof(
    valid(parameter.schema),
    hostile.map((each) => (typeof each === 'object' ? JSON.stringify(each) : each)),
  )
  const known = isDangerous(operation) ? world.targets : [...world.ids, ...examplesOf(parameter)]
  const guarded = text.map((each) => (world.ids.includes(String(each)) ? 'x' : each))
  if (parameter.in === 'path')
    return fc.oneof(
      { weight: 2, arbitrary: fc.constantFrom(...known) as fc.Arbitrary<unknown> },
      guarded,
    )
  const example = parameter.example === undefined ? [] : [fc.constant(parameter.example)]
  return fc.oneof(
    fc.constant(undefined),
    { weight: 2, arbitrary: fc.oneof(valid(parameter.schema), ...example) },
    text,
  )
}

function examplesOf({ example }: Parameter): unknown[] {
  return example === undefined ? [] : [example]
}

function place({ base, path, parameters }: Operation, values: readonly unknown[]) {
  const headers: Record<string, string> = {}
  const query: string[] = []
  let filled = path
  for (const [index, { in: where, name }] of parameters.entries()) {
    const value = values[index]
    if (where === 'path') filled = filled.replace(`{${name}}`, () => encode(value).slice(0, 4_000))
    else if (value === undefined) continue
    else if (where === 'query') query.push(`${name}=${encode(value).slice(0, 4_000)}`)
    else headers[name] = headerText(value)
  }
  return { url: `${base}${filled}${query.length > 0 ? `?${query.join('&')}` : ''}`, headers }
}

/** Some are sent as they are, because clients forget to encode. */
function encode(value: unknown): string {
  const text = String(value).toWellFormed()
  if (text === '%' || text === '%00') return text
  return text === '' || /^\.+$/.test(text) ? 'x' : encodeURIComponent(text)
}

function headerText(value: unknown): string {
  return String(value)
    .replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '?')
    .trim()
    .slice(0, 9_000)
}

const oddHeaders: fc.Arbitrary<Record<string, string>> = fc.oneof(
  { weight: 9, arbitrary: fc.constant({}) },
  fc.constantFrom<Record<string, string>>(
    { 'content-type': 'text/xml' },
    { 'content-type': 'application/json; charset=utf-16' },
    { accept: 'text/html' },
    { dpop: 'x.y.z' },
    { 'client-cert': ':AAAA:' },
    { traceparent: '00-00000000000000000000000000000000-0000000000000000-ff' },
    { 'x-forwarded-host': 'evil.example', 'x-http-method-override': 'DELETE' },
    { 'last-event-id': '-1' },
    { 'content-encoding': 'gzip' },
  ),
)

function bodiesOf({ bodies, ...operation }: Operation, world: FuzzWorld) {
  const [entry] = Object.entries(bodies)
  const none = { type: undefined as string | undefined, body: undefined as string | undefined }
  if (!entry) return fc.constant(none)
  const [type, { schema = {}, example }] = entry
  const good = fc.oneof(valid(schema), ...(example === undefined ? [] : [fc.constant(example)]))
  const guard = isDangerous({ ...operation, bodies })
    ? (value: unknown) => spare(value, world)
    : same
  const value = fc.oneof(
    { weight: 3, arbitrary: good },
    { weight: 4, arbitrary: broken(good) },
    hostile,
  )
  const json = value.map((each) => ({ type, body: textOf(guard(each), type) }))
  const raw = fc
    .constantFrom(
      '',
      '{',
      '[',
      '"',
      'null',
      '{"__proto__":{"a":1}}',
      '{"a":1,"a":2}',
      '\u0000',
      '1'.repeat(400_000),
      ...['[', '{"a":'].map((each) => each.repeat(20_000)),
    )
    .map((body) => ({ type: type as string | undefined, body: body as string | undefined }))
  return fc.oneof({ weight: 12, arbitrary: json }, raw, fc.constant(none))
}

const same = (value: unknown) => value

function textOf(value: unknown, type: string): string | undefined {
  if (type === 'application/x-www-form-urlencoded' && typeof value === 'object' && value !== null)
    return new URLSearchParams(
      Object.entries(value).map(([name, each]) => [
        name,
        typeof each === 'string' ? each.toWellFormed() : `${JSON.stringify(each)}`,
      ]),
    ).toString()
  return typeof value === 'string' && !type.includes('json') ? value : JSON.stringify(value)
}

/** Nothing of the directory that this test needs is named; what stands in its place was made for it. */
function spare(value: unknown, world: FuzzWorld): unknown {
  if (Array.isArray(value))
    return value.length > 100 ? value : value.map((each) => spare(each, world))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      /^(id|.*(client|department|authority|agreement).*)$/i.test(name) && typeof each === 'string'
        ? (world.targets[each.length % world.targets.length] ?? 'x')
        : spare(each, world),
    ]),
  )
}
