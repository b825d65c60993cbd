import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import openapiTS, { astToString } from 'openapi-typescript'

const ROOT = join(import.meta.dirname, '../../..')
const GENERATED = 'packages/client/src/generated'
const HEADER = '// Made by packages/client/scripts/generate-types.ts: npm run generate'

/** The operations that the client calls; what they take and answer becomes types. */
const CALLED: Record<string, readonly string[]> = {
  issuer: ['importLicenses', 'getImport'],
  registry: ['searchLicenses', 'getLicense', 'getLicenseHistory', 'getTrustList'],
  verification: ['checkStatus', 'verifyLicense', 'verifyBatch', 'getReadiness'],
}

type Json = Record<string, unknown>
type Operation = Json & { operationId?: string; responses: Json }
type OpenApi = Json & { paths: Record<string, Record<string, Operation>> }
type AsyncApi = { channels: Record<string, { messages: Record<string, { payload: Json }> }> }

/** Reads a file by its path in the repository. `npm run generate` gives what it is about to write. */
export type ReadText = (file: string) => string

/**
 * The generated files of the client: types of the services' OpenAPI and of the events, codes of problems.
 * @param problems names of the pages in docs/problems.
 */
export async function generateClientTypes(
  read: ReadText,
  problems: readonly string[],
): Promise<[file: string, content: string][]> {
  const files: [string, string][] = []
  for (const [service, operations] of Object.entries(CALLED)) {
    const document = JSON.parse(read(`services/${service}/openapi.json`)) as OpenApi
    files.push([
      `${GENERATED}/${service}.ts`,
      await render(only(document, operations), 'operations'),
    ])
  }
  const events = eventDocument(JSON.parse(read('docs/asyncapi.json')) as AsyncApi)
  files.push([`${GENERATED}/events.ts`, await render(events, 'components')])
  files.push([`${GENERATED}/problem-codes.ts`, problemCodes(problems)])
  return files
}

/** Only these operations, and of their answers only the good ones: problems are one type for all. */
function only(document: OpenApi, operations: readonly string[]): OpenApi {
  const paths: OpenApi['paths'] = {}
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      if (!operations.includes(operation.operationId ?? '')) continue
      const good = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'))
      const kept = withoutExamples({ ...operation, responses: Object.fromEntries(good) })
      paths[path] = { ...paths[path], [method]: kept }
    }
  }
  return { ...document, paths }
}

/** Examples stand in the documents; in types they would only be in the way. */
function withoutExamples<Value>(value: Value): Value {
  const text = JSON.stringify(value, (key, inner) =>
    key === 'example' || key === 'examples' ? undefined : inner,
  )
  return JSON.parse(text) as Value
}

/** The messages of LICENSES as schemas of an OpenAPI document, which is what the generator reads. */
function eventDocument({ channels }: AsyncApi): OpenApi {
  const schemas = Object.fromEntries(
    Object.entries(channels.licenses?.messages ?? {}).map(([name, { payload }]) => [
      name,
      withoutExamples(payload),
    ]),
  )
  const info = { title: 'Events', version: '1' }
  return { openapi: '3.1.0', info, paths: {}, components: { schemas } }
}

/** Exports that one interface and nothing else: everything is written out in it. */
async function render(document: OpenApi, name: 'operations' | 'components'): Promise<string> {
  const nodes = await openapiTS(document as never, { alphabetize: true })
  const kept = nodes.filter((node) => (node as { name?: { text?: string } }).name?.text === name)
  return `${HEADER}\n\n${astToString(kept)}`
}

function problemCodes(pages: readonly string[]): string {
  const codes = pages
    .filter((page) => page.endsWith('.md') && page !== 'README.md')
    .map((page) => `  | '${page.slice(0, -'.md'.length)}'`)
    .sort()
  return [
    HEADER,
    '',
    '/** Codes that problems have today; docs/problems has a page for each. */',
    'export type ProblemCode =',
    ...codes,
    '',
  ].join('\n')
}

async function main(): Promise<void> {
  const read: ReadText = (file) => readFileSync(join(ROOT, file), 'utf8')
  const pages = readdirSync(join(ROOT, 'docs/problems'))
  for (const [file, content] of await generateClientTypes(read, pages)) {
    mkdirSync(dirname(join(ROOT, file)), { recursive: true })
    writeFileSync(join(ROOT, file), content)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
