import {
  LICENSE_EVENT_MEANINGS,
  LICENSE_EVENTS,
  LicenseData,
  licenseEvents,
} from '@lexchange/contracts'

import { exampleOf } from './event-examples.ts'
import { json } from './example-page.ts'

const INTRODUCTION = `<!-- Made by npm run generate (infra/check/event-catalogue.ts) from packages/contracts. -->
# Event catalogue

Every event that a department can receive, whatever delivers it: webhook, Server-Sent Events or JetStream ([subscriptions](subscriptions.md)).
As a document for machines: [asyncapi-deliveries.json](asyncapi-deliveries.json), AsyncAPI 3.0.`

const ORDERING = `## Order and repetitions

- Events of one license arrive in order. \`sequence\` counts them: 1, 2, 3 … Events of different licenses may come in any order.
- A filter by events, and a license that moves into your regions, leave gaps in \`sequence\`. \`data\` is always the whole license, so nothing before is needed to understand it.
- Each event arrives at least once. Drop one whose \`sequence\` is not greater than the last that you have of its \`subject\`.
- Compare \`sequence\` as a number: it travels as a string.
- \`effectiveAt\` can lie before \`time\`: an authority may say that a change has held since yesterday. Never in the future.
- Ignore members and event types that you do not know: new ones may come. A version that was published (\`.v1\`) never changes its meaning.`

const ENVELOPE = `## The envelope

CloudEvents 1.0, structured JSON (\`application/cloudevents+json\`):

| member | holds |
| --- | --- |
| \`id\`, \`source\` | together what this event is; \`source\` is the authority, \`/authorities/<id>\` |
| \`type\` | \`lexchange.license.<event>.v1\` |
| \`subject\` | id of the license |
| \`time\` | when the change was recorded |
| \`sequence\` | place in the life of the license, from 1 |
| \`traceparent\` | W3C Trace Context of the command, if it had one |
| \`data\` | the license as it is after the change |`

const ABSENT = `No personal and no secret claim is in an event: what your agreement discloses of them, a check answers. \`sealed\` says that there are some. Reason and legal basis
of a change are not in it either: \`GET /v1/licenses/{id}/history\` has them.`

/** The page of the events, for people: each with its meaning and its example. */
export function eventCatalogue(): string {
  const sections = [INTRODUCTION, overview(), ORDERING, ENVELOPE, dataTable(), ABSENT]
  return `${[...sections, ...LICENSE_EVENTS.map(sectionOf)].join('\n\n')}\n`
}

function overview(): string {
  const rows = LICENSE_EVENTS.map((event) => {
    const { when, status, version } = LICENSE_EVENT_MEANINGS[event]
    return `| [\`${event}\`](#${event}) | ${when} | ${status} | ${version} |`
  })
  return [
    '| event | emitted when | `data.status` | `data.version` |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}

type Schema = {
  type?: string
  format?: string
  const?: unknown
  description?: string
  anyOf?: Schema[]
  properties?: Record<string, Schema>
}

/** What is said of members whose schema says no more than their form. */
const MEMBERS: Partial<Record<keyof typeof LicenseData.properties, string>> = {
  licenseId: 'Id of the license; the same as `subject`',
  type: 'License type, e.g. `business-license`',
  number: 'What is printed on the license',
  holder: 'A company, with USCC and name; of a person only that it is one',
  authority: 'Who issued it',
  version: 'Version that the change made; `expired` makes none',
  status: 'As stored; what counts at a moment a check says',
  validFrom: 'Begin of validity',
  validUntil: 'End of validity; `null`: none',
  issuedAt: 'When the license was issued',
}

function dataTable(): string {
  const { properties, required } = LicenseData as {
    properties: Record<string, Schema>
    required: string[]
  }
  const rows = Object.entries(properties).map(([name, schema]) => {
    const said = MEMBERS[name as keyof typeof MEMBERS] ?? schema.description ?? ''
    const optional = required.includes(name) ? '' : ', may be absent'
    return `| \`${name}\` | ${formOf(schema)}${optional} | ${said} |`
  })
  return ['## `data`', '', '| member | form | holds |', '| --- | --- | --- |', ...rows].join('\n')
}

function formOf(schema: Schema): string {
  if (schema.anyOf) return [...new Set(schema.anyOf.map(formOf))].join(' or ')
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``
  if (schema.properties)
    return `object: ${Object.keys(schema.properties)
      .map((name) => `\`${name}\``)
      .join(', ')}`
  if (schema.format === 'date-time') return 'time (RFC 3339, UTC)'
  return schema.format ?? schema.type ?? 'anything'
}

function sectionOf(event: (typeof LICENSE_EVENTS)[number]): string {
  const { when, status, version, note } = LICENSE_EVENT_MEANINGS[event]
  return [
    `## ${event}`,
    `\`${licenseEvents[event].type}\`, emitted when ${when}. \`data.status\`: ${status}. \`data.version\`: ${version}.`,
    note,
    json(exampleOf(event)),
  ].join('\n\n')
}
