import { readdirSync, readFileSync } from 'node:fs'

import { Compile } from 'typebox/compile'
import { describe, expect, it } from 'vitest'

import {
  accessHead,
  accessRecorded,
  accessRecordedV1,
  authorityKeysEvent,
  claimsErased,
  directoryEvents,
  issuanceEvents,
  licenseEvents,
  measureOrdered,
  sealedEvents,
} from './index.ts'

const FIXTURES = new URL('../fixtures/', import.meta.url)

const published = [
  ...Object.values(licenseEvents).map((event) => ({ event, file: event.name })),
  ...Object.values(issuanceEvents).map((event) => ({
    event,
    file: event.name.replace('license.', 'issuance.'),
  })),
  ...Object.values(directoryEvents).map((event) => ({ event, file: event.name })),
  ...Object.values(sealedEvents).map((event) => ({ event, file: event.name })),
  ...[
    ...[authorityKeysEvent, claimsErased, measureOrdered],
    ...[accessRecorded, accessRecordedV1, accessHead],
  ].map((event) => ({ event, file: event.name.replace('license.claims', 'issuance.claims') })),
].map(({ event, file }) => ({ event, file: `${file}.v${event.version}.json` }))

const read = (file: string) => JSON.parse(readFileSync(new URL(file, FIXTURES), 'utf8'))

/** Members that may be absent, and that a fixture has nevertheless. */
const OPTIONAL = [
  'directory.client departmentId',
  'directory.authority entitlements',
  'directory.department throttle',
  'measure.ordered perMinute',
]

describe('fixtures', () => {
  it('exist for every version of every event, and for nothing else', () => {
    expect(readdirSync(FIXTURES).sort()).toEqual(published.map(({ file }) => file).sort())
  })

  it.each(published)('$file fits its contract', ({ event, file }) => {
    const fixture = read(file)
    expect(Compile(event.message).Errors(fixture)).toEqual([])
    expect(fixture.type).toBe(event.type)
  })

  it.each(published)('$file is refused when a member of its data is missing', ({ event, file }) => {
    const check = Compile(event.message)
    const fixture = read(file)
    for (const member of Object.keys(fixture.data)) {
      if (OPTIONAL.includes(`${event.name} ${member}`)) continue
      const { [member]: _, ...data } = fixture.data
      expect(check.Check({ ...fixture, data }), member).toBe(false)
    }
  })

  it('carry no personal or secret claim and, on LICENSES, no free text', () => {
    for (const { file } of published) {
      const text = JSON.stringify(read(file))
      const names = /legalRepresentativeId|contactPhone|beneficialOwners|settlementAccount/
      // An agreement names fields, an access record too, and SEALED has their values encrypted.
      if (!/^(directory[.]agreement|access|sealed)/.test(file)) expect(text).not.toMatch(names)
      if (file.startsWith('license.')) expect(text).not.toContain('"reason"')
    }
  })
})
