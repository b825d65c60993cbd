import { AccessHead } from '@lexchange/contracts'
import { PageQuery } from '@lexchange/http-server'
import { Type } from 'typebox'

export const EXAMPLE_ANCHOR = {
  source: 'verification-sz1-0',
  sequence: 4711,
  hash: 'nXOSWxVVBFH5m0NMJZSlqX3jYyQ8mCEOv7uVlbYCYQk',
  at: '2026-11-24T01:00:00.000Z',
  conflict: false,
}

export const AccessAnchor = Type.Object({
  ...AccessHead.properties,
  conflict: Type.Boolean({
    description: 'The source has announced another hash for the same sequence: one was forged',
  }),
})

export const AnchorQuery = Type.Object(
  {
    source: Type.Optional(
      Type.String({ minLength: 1, maxLength: 96, examples: [EXAMPLE_ANCHOR.source] }),
    ),
    ...PageQuery,
  },
  { additionalProperties: false },
)
