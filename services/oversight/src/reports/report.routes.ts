import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Slug } from '@lexchange/contracts'
import { stringify } from 'csv-stringify/sync'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'

import type { Directory } from '../directory/index.ts'
import { type ReportTables, reportMonth } from './report.repository.ts'

const Count = (description: string) => Type.Integer({ description })

const Row = Type.Object({
  department: Slug,
  name: Type.Union([Type.String(), Type.Null()]),
  kind: Type.Union([Slug, Type.Null()]),
  checks: Count('Access records, refused ones too'),
  refused: Count('Of these, refused'),
  holders: Count('Different holders in what was answered'),
  disclosures: Count('Personal and secret fields that were disclosed'),
  findings: Count('Findings on days of this month'),
  highFindings: Count('Of these, with severity high'),
  cases: Count('Cases opened in this month'),
  measures: Count('Measures ordered in this month'),
})
const COLUMNS = Object.keys(Row.properties)

const EXAMPLE = {
  month: '2026-11',
  items: [
    {
      ...{ department: 'tax', name: 'Tax department', kind: 'tax', checks: 48_112, refused: 12 },
      ...{ holders: 20_514, disclosures: 3_100, findings: 2, highFindings: 1 },
      ...{ cases: 1, measures: 1 },
    },
  ],
}
const Report = Type.Object(
  { month: Type.String(), items: Type.Array(Row) },
  { examples: [EXAMPLE] },
)

const Params = Type.Object(
  { month: Type.String({ pattern: '^20[0-9]{2}-(0[1-9]|1[0-2])$', examples: ['2026-11'] }) },
  { additionalProperties: false },
)
const Query = Type.Object(
  { format: Type.Optional(Type.Union([Type.Literal('json'), Type.Literal('csv')])) },
  { additionalProperties: false },
)

export type ReportDeps = { db: Kysely<ReportTables>; directory: Directory }

export const reportRoutes: FastifyPluginAsyncTypebox<ReportDeps> = async (
  app,
  { db, directory },
) => {
  app.get(
    '/v1/reports/:month',
    {
      config: { scope: 'oversight:read' },
      schema: {
        operationId: 'reportMonth',
        tags: ['reports'],
        summary: 'A month (of China) in figures, by department; as CSV too (`Accept: text/csv`)',
        params: Params,
        querystring: Query,
        response: {
          200: {
            description: 'The report',
            content: {
              'application/json': { schema: Report },
              'text/csv': { schema: Type.String() },
            },
          },
        },
      },
    },
    async (request, reply) => {
      const { month } = request.params
      const items = (await reportMonth(db, month)).map((row) => ({
        name: directory.findDepartment(row.department)?.name ?? null,
        kind: directory.findDepartment(row.department)?.kind ?? null,
        ...row,
      }))
      if (!wantsCsv(request.query.format, request.headers.accept))
        return reply.type('application/json; charset=utf-8').send({ month, items } as never)
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="oversight-${month}.csv"`)
        .serializer(String)
        .send(toCsv(items) as never)
    },
  )
}

function wantsCsv(format: string | undefined, accept = ''): boolean {
  return format === undefined ? /\btext\/csv\b/i.test(accept) : format === 'csv'
}

/** Escaped, so that a name which begins with = is no formula to a spreadsheet. */
function toCsv(items: readonly Record<string, unknown>[]): string {
  return stringify([...items], { header: true, columns: COLUMNS, escape_formulas: true, bom: true })
}
