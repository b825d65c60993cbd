import { type Static, Type } from 'typebox'

import { defineEvent } from './event.ts'
import { Slug } from './license-data.ts'

/** What oversight orders against a department. */
export const Measure = Type.Object({
  id: Type.String({ format: 'uuid' }),
  caseId: Type.String({ format: 'uuid' }),
  kind: Type.Union([
    Type.Literal('warn'),
    Type.Literal('throttle'),
    Type.Literal('suspend'),
    Type.Literal('end-agreement'),
  ]),
  departmentId: Slug,
  perMinute: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Of `throttle`: checks a minute' }),
  ),
  agreementId: Type.Optional(Slug),
  reason: Type.String({ minLength: 1, maxLength: 2000 }),
  by: Type.String({ minLength: 1, maxLength: 128, description: 'OAuth client of the officer' }),
})
export type Measure = Static<typeof Measure>

/** The event on `measure.<department>`: the registry, which owns the directory, carries it out. */
export const measureOrdered = defineEvent('measure.ordered', 1, Measure)

export function measureSubject(departmentId: string): string {
  return `measure.${departmentId}`
}
