import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { clientOf, problems } from '@lexchange/http-server'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'

import { type AuditTables, recordAudit } from '../audit/index.ts'
import { HolidayYearMismatchError } from './calendar.errors.ts'
import { listHolidays, replaceHolidays } from './calendar.repository.ts'
import type { CalendarTables } from './calendar.tables.ts'

const Holiday = Type.Object(
  {
    day: Type.String({ format: 'date' }),
    name: Type.String({ minLength: 1, maxLength: 64 }),
    working: Type.Boolean({ description: 'A day of a weekend that is worked, to make up' }),
  },
  { additionalProperties: false },
)
const Holidays = Type.Object(
  { items: Type.Array(Holiday, { maxItems: 366 }) },
  {
    additionalProperties: false,
    examples: [{ items: [{ day: '2026-10-01', name: 'National Day', working: false }] }],
  },
)
const Params = Type.Object(
  { year: Type.Integer({ minimum: 2000, maximum: 2100 }) },
  { additionalProperties: false },
)

export type HolidayDeps = { db: Kysely<CalendarTables & AuditTables>; now: () => Date }

export const holidayRoutes: FastifyPluginAsyncTypebox<HolidayDeps> = async (app, { db, now }) => {
  app.get(
    '/v1/holidays/:year',
    {
      config: { scope: 'oversight:read' },
      schema: {
        operationId: 'listHolidays',
        tags: ['rules'],
        summary: 'Days of a year that are not what their weekday says',
        params: Params,
        response: { 200: Holidays },
      },
    },
    async ({ params: { year } }) => ({ items: await listHolidays(db, year) }),
  )

  app.put(
    '/v1/holidays/:year',
    {
      config: { scope: 'oversight:act' },
      schema: {
        operationId: 'replaceHolidays',
        tags: ['rules'],
        summary: 'Set the holidays of a year, in place of those it had; they count from then on',
        params: Params,
        body: Holidays,
        response: { 200: Holidays, ...problems(422) },
      },
    },
    async (request) => {
      const { year } = request.params
      const { items } = request.body
      const other = items.findIndex(({ day }) => !day.startsWith(`${year}-`))
      if (other >= 0) throw new HolidayYearMismatchError(year, other)
      const days = [...new Map(items.map((each) => [each.day, each])).values()]
      await db.transaction().execute(async (trx) => {
        await replaceHolidays(trx, year, days)
        await recordAudit(trx, {
          ...{ at: now(), by: clientOf(request).clientId, detail: days },
          ...{ action: 'holidays.replaced', subject: String(year) },
        })
      })
      return { items: await listHolidays(db, year) }
    },
  )
}
