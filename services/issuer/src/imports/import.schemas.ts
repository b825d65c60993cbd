import { LicenseTypeCode } from '@lexchange/contracts'
import { Type } from 'typebox'

import { IMPORT_ROW_EXAMPLE } from '../licenses/index.ts'

const id = '019ab3f2-7c00-7000-8000-000000000002'

export const ImportQuery = Type.Object(
  {
    type: Type.Optional(LicenseTypeCode),
    acceptLegacyUscc: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'Take codes of the early pilot whose check character is wrong, and mark them',
      }),
    ),
  },
  { additionalProperties: false },
)

/** Bodies are read as streams; these schemas are for the API document only. */
export const ImportBody = {
  description: 'Licenses already in use, one a row; a row is at most 64 KiB',
  content: {
    'application/x-ndjson': {
      schema: Type.String({
        description: 'An issue request a line, with `issuedAt` and `status` where they differ',
        examples: [IMPORT_ROW_EXAMPLE],
      }),
    },
    'text/csv': {
      schema: Type.String({
        description:
          'Header `uscc,name,number,region,validFrom,validUntil,issuedAt`, others `claims.<name>`; money as `1000.00 CNY` or JSON, lists as `one; two` or JSON',
        examples: [
          'uscc,name,validFrom,claims.name\n914403001922038216,华为,2020-01-01T00:00:00Z,华为\n',
        ],
      }),
    },
  },
}

export const ImportAccepted = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    state: Type.Enum(['running', 'done', 'failed']),
  },
  { examples: [{ id, state: 'running' }] },
)

export const ImportAnswer = Type.Object(
  {
    ...ImportAccepted.properties,
    rows: Type.Integer({ description: 'Rows that were received' }),
    imported: Type.Integer(),
    rejected: Type.Integer(),
    errors: Type.Array(
      Type.Object({
        row: Type.Integer({ description: 'Line (NDJSON) or row without the header (CSV), from 1' }),
        pointer: Type.String({ description: 'JSON pointer into the issue request of the row' }),
        detail: Type.String(),
      }),
      { description: 'The first 10,000, in the order of rows' },
    ),
    errorsOmitted: Type.Integer({ description: 'How many errors there were beyond those' }),
  },
  {
    examples: [
      {
        id,
        state: 'done',
        rows: 24,
        imported: 23,
        rejected: 1,
        errors: [{ row: 7, pointer: '/claims/name', detail: 'is required' }],
        errorsOmitted: 0,
      },
    ],
  },
)

export const ImportParams = Type.Object({ id: Type.String({ format: 'uuid', examples: [id] }) })
