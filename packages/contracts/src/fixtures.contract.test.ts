import { readdirSync, readFileSync } from 'node:fs'

import { Compile } from 'typebox/compile'
import { describe, expect, it } from 'vitest'

import { authorityKeysEvent, directoryEvents, issuanceEvents, licenseEvents } from './index.ts'

const FIXTURES = new URL('../fixtures/', import.meta.url)

const published = [
  ...Object.values(licenseEvents).map((event) => ({ event, file: event.name })),
  ...Object.values(issuanceEvents).map((event) => ({
    event,
    file: event.name.replace('license.', 'issuance.'),
  })),
  ...Object.values(directoryEvents).map((event) => ({ event, file: event.name })),
  { event: authorityKeysEvent, file: authorityKeysEvent.name },
].map(({ event, file }) => ({ event, file: `${file}.v${event.version}.json` }))

const read = (file: string) => JSON.parse(readFileSync(new URL(file, FIXTURES), 'utf8'))

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
      if (['departmentId', 'entitlements'].includes(member)) continue
      const { [member]: _, ...data } = fixture.data
      expect(check.Check({ ...fixture, data }), member).toBe(false)
    }
  })

  it('carry no personal or secret claim and, on LICENSES, no free text', () => {
    for (const { file } of published) {
      const text = JSON.stringify(read(file))
      expect(text).not.toMatch(
        /legalRepresentativeId|contactPhone|beneficialOwners|settlementAccount/,
      )
      if (file.startsWith('license.')) expect(text).not.toContain('"reason"')
    }
  })
})
