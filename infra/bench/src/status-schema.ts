const nullableTime = { type: ['string', 'null'] }

/** The status answer's JSON Schema, for references that send the same members. */
export const statusSchema = {
  type: 'object',
  properties: {
    type: { type: 'string' },
    number: { type: 'string' },
    verdict: { type: 'string' },
    status: { type: 'string' },
    version: { type: ['integer', 'null'] },
    validFrom: nullableTime,
    validUntil: nullableTime,
    asOf: { type: 'string' },
    position: { type: 'integer' },
    stale: { type: 'boolean' },
  },
} as const
