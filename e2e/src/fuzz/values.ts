import fc from 'fast-check'

import type { Schema } from './operations.ts'

/** Values that have broken programs before; none holds a word that a leak is recognised by. */
export const hostile: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    ...[
      '',
      ' ',
      '\u0000',
      '\ufeff',
      '\u202e',
      '\ud800',
      '👩‍👩‍👧‍👦',
      'ß'.repeat(300),
      '%',
      '%00',
      '\r\nx: y',
    ],
    ...["' or 1=1 --", '"; --', '../../../..', '{{7*7}}', '$(7*7)', '<script>', '%{(#a)}', '$ne'],
    ...['__proto__', 'constructor', 'null', 'undefined', 'NaN', 'true', '*', '>', 'a.b.>', '-'],
    ...[0, -0, -1, 1.5, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308, 5e-324],
    ...[null, true, false, [], {}, [[]], [null], { $ne: 1 }, { length: -1 }, { toString: 1 }],
    ...[
      '0000-00-00T00:00:00Z',
      '9999-12-31T23:59:60Z',
      '2026-02-30T00:00:00.000Z',
      '+275760-09-13',
    ],
    ...['1970-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999+23:59', '2026-11-24', '1e9', '0x10'],
  ),
  fc.constantFrom('a', '好', '\u0000', '{', '9').map((each) => each.repeat(70_000)),
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.integer(),
  fc.double(),
  fc.jsonValue({ maxDepth: 3 }),
  fc.constant(Array.from({ length: 2_000 }, () => 1)),
  fc.constantFrom(50, 500).map(nested),
)

function nested(depth: number): unknown {
  let value: unknown = 1
  for (let each = 0; each < depth; each++) value = [value]
  return value
}

/** Values that fit a schema, its bounds more often than chance would have them. */
export function valid(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum) return fc.constantFrom(...schema.enum)
  const choices = schema.anyOf ?? schema.oneOf
  if (choices?.length) return fc.oneof(...choices.map(valid))
  if (schema.allOf?.length) {
    const parts = fc.tuple(...schema.allOf.map(valid))
    return parts.map((found) => Object.assign({}, ...found))
  }
  const types = Array.isArray(schema.type) ? schema.type : [schema.type ?? 'any']
  return fc.oneof(...types.map((type) => ofType(type, schema)))
}

function ofType(type: string, schema: Schema): fc.Arbitrary<unknown> {
  switch (type) {
    case 'string':
      return texts(schema)
    case 'integer': {
      const { minimum: min = -(2 ** 31), maximum: max = 2 ** 31 } = schema
      return fc.oneof(fc.integer({ min, max }), fc.constantFrom(min, max))
    }
    case 'number':
      return fc.double({
        min: schema.minimum ?? -1e9,
        max: schema.maximum ?? 1e9,
        noNaN: true,
        noDefaultInfinity: true,
      })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array': {
      const minLength = schema.minItems ?? 0
      const maxLength = Math.max(minLength, Math.min(schema.maxItems ?? 4, 6))
      return fc.array(valid(schema.items ?? {}), { minLength, maxLength })
    }
    case 'object':
      return objects(schema)
    default:
      return fc.jsonValue({ maxDepth: 2 })
  }
}

function objects({ properties = {}, required = [], additionalProperties }: Schema) {
  const members = Object.entries(properties).map(([name, schema]) => [name, valid(schema)] as const)
  const known = fc.record(Object.fromEntries(members), {
    requiredKeys: required.filter((name) => name in properties),
  } as never) as fc.Arbitrary<object>
  if (additionalProperties === false || members.length > 0) return known
  return fc.dictionary(fc.string({ maxLength: 12 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 4 })
}

function texts({ format, pattern, minLength = 0, maxLength }: Schema): fc.Arbitrary<string> {
  if (format === 'date-time')
    return fc.date({ noInvalidDate: true, min: new Date(0) }).map((date) => date.toISOString())
  if (format === 'date')
    return fc
      .date({ noInvalidDate: true, min: new Date(0) })
      .map((date) => date.toISOString().slice(0, 10))
  if (format === 'uuid') return fc.uuid()
  if (format === 'uri') return fc.webUrl()
  if (pattern !== undefined)
    try {
      return fc.stringMatching(new RegExp(pattern, 'u')).map((text) => text.slice(0, maxLength))
    } catch {
      // A pattern that fast-check cannot read.
    }
  const longest = Math.min(maxLength ?? 40, 300)
  return fc.oneof(
    fc.string({
      unit: 'grapheme',
      minLength,
      maxLength: Math.max(minLength, Math.min(longest, 24)),
    }),
    fc.constantFrom('x', '好').map((each) => each.repeat(Math.max(minLength, longest))),
  )
}

/** A value with one place of it replaced, left out, or added to. */
export function broken(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc
    .tuple(value, fc.nat(), fc.constantFrom('replace', 'remove', 'add'), hostile)
    .map(([whole, place, change, bad]) => changeAt(structuredClone(whole), place, change, bad))
}

function changeAt(whole: unknown, place: number, change: string, bad: unknown): unknown {
  const places = placesIn(whole)
  const at = places[place % Math.max(1, places.length)]
  if (!at) return bad
  const [owner, name] = at
  if (change === 'remove') delete owner[name]
  else if (change === 'add') owner[`${name}x`] = bad
  else owner[name] = bad
  return whole
}

function placesIn(value: unknown): [Record<string, unknown>, string][] {
  if (typeof value !== 'object' || value === null) return []
  const owner = value as Record<string, unknown>
  return Object.keys(owner).flatMap((name) => [
    [owner, name] as [Record<string, unknown>, string],
    ...placesIn(owner[name]),
  ])
}
