import { readdirSync, readFileSync } from 'node:fs'

import { generateClientTypes } from '@lexchange/client/generate-types'
import type { Settings } from '@lexchange/config'
import { issuerSettings } from '@lexchange/issuer/config'
import { oversightSettings } from '@lexchange/oversight/config'
import { registrySettings } from '@lexchange/registry/config'
import { verificationSettings } from '@lexchange/verification/config'

import { asyncApiDocument } from './async-api.ts'
import { deliveriesDocument } from './async-api-deliveries.ts'
import { bundleOpenApi, type ServiceDocument } from './bundle-open-api.ts'
import { eventCatalogue } from './event-catalogue.ts'
import { formatPages } from './format-examples.ts'
import { openApiDocuments } from './open-api.ts'
import { settingsTable } from './settings-table.ts'

const SETTINGS: Record<string, Settings> = {
  issuer: issuerSettings,
  registry: registrySettings,
  verification: verificationSettings,
  oversight: oversightSettings,
}

/** Every file that is made from code, with what it is to hold: text, or an object for JSON. */
export async function generatedFiles(): Promise<[file: string, content: string | object][]> {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  const services = await openApiDocuments()
  const documents: [file: string, document: object][] = [
    ...services.map(
      ([service, document]) => [`services/${service}/openapi.json`, document] as [string, object],
    ),
    ['docs/openapi.json', bundleOpenApi(services as [string, ServiceDocument][], version)],
    ['docs/asyncapi.json', asyncApiDocument(version)],
    ['docs/asyncapi-deliveries.json', deliveriesDocument(version)],
  ]
  return [
    ...documents,
    ...(await clientTypes(new Map(documents))),
    ['docs/event-catalogue.md', eventCatalogue()],
    ...(await formatPages()),
    ['README.md', withSettings(readFileSync('README.md', 'utf8'))],
  ]
}

/** Types of the client, by the documents as they are about to be written. */
function clientTypes(documents: ReadonlyMap<string, object>): Promise<[string, string][]> {
  return generateClientTypes(
    (file) => format(documents.get(file) ?? readFileSync(file, 'utf8')),
    readdirSync('docs/problems'),
  )
}

export function format(content: string | object): string {
  return typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`
}

/** The README with the present tables between its markers. */
function withSettings(readme: string): string {
  const tables = Object.entries(SETTINGS).map(
    ([service, settings]) => `**${service}**\n\n${settingsTable(settings)}`,
  )
  const begin = '<!-- settings:begin -->'
  const end = '<!-- settings:end -->'
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`README.md needs ${begin} and ${end}`)
  return `${readme.slice(0, from + begin.length)}\n${tables.join('\n\n')}\n${readme.slice(to)}`
}
