import { readFileSync } from 'node:fs'

import { type CloudEvent, type LicenseEvent, licenseEvents } from '@lexchange/contracts'
import { Value } from 'typebox/value'

const FIXTURES = new URL('../../packages/contracts/fixtures/', import.meta.url)

/** The frozen message of one version of an event; a test of the contracts holds it against its schema. */
export function fixtureOf(name: string, version: number): CloudEvent {
  return JSON.parse(readFileSync(new URL(`${name}.v${version}.json`, FIXTURES), 'utf8'))
}

/**
 * An event as departments receive it.
 * @throws if the example does not fit the schema that stands beside it.
 */
export function exampleOf(event: LicenseEvent): CloudEvent {
  const { name, version, message } = licenseEvents[event]
  const example = fixtureOf(name, version)
  const [error] = Value.Errors(message, example)
  if (error) throw new Error(`the example of ${name}: ${error.instancePath} ${error.message}`)
  return example
}
