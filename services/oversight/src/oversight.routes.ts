import type { FastifyPluginAsync } from 'fastify'
import type { Kysely } from 'kysely'

import { accessRecordRoutes } from './access-records/index.ts'
import { holidayRoutes } from './calendar/index.ts'
import {
  caseAnswer,
  caseCommandRoutes,
  caseRoutes,
  EXAMPLE_STEP,
  EXAMPLE_SUMMARY,
} from './cases/index.ts'
import type { OversightTables } from './database.ts'
import type { Directory } from './directory/index.ts'
import {
  EXAMPLE_FINDING,
  Finding,
  findFindings,
  findingAnswer,
  findingRoutes,
  ruleRoutes,
} from './findings/index.ts'
import { holderRoutes, secrecyHoldRoutes } from './holders/index.ts'
import {
  EXAMPLE_MEASURE,
  listMeasures,
  MeasureAnswer,
  measureAnswer,
  measureRoutes,
} from './measures/index.ts'
import { parkedEventRoutes } from './parked-events/index.ts'
import { reportRoutes } from './reports/index.ts'

export type OversightRouteDeps = {
  db: Kysely<OversightTables>
  directory: Directory
  now: () => Date
}

/** The routes of all slices; a case shows what findings and measures say about it. */
export const oversightRoutes: FastifyPluginAsync<OversightRouteDeps> = async (app, deps) => {
  const db = deps.db as never
  const { directory, now } = deps
  const cases = {
    ...{ db, now },
    answer: caseAnswer(Finding, MeasureAnswer, [
      {
        ...EXAMPLE_SUMMARY,
        ...{ findings: [EXAMPLE_FINDING], measures: [EXAMPLE_MEASURE], history: [EXAMPLE_STEP] },
      },
    ]),
    findingsOf: async (db: Kysely<never>, ids: readonly string[]) =>
      (await findFindings(db as never, ids)).map(findingAnswer),
    measuresOf: async (db: Kysely<never>, caseId: string) =>
      (await listMeasures(db as never, caseId)).map((each) => measureAnswer(each, directory)),
    nameOf: (department: string) => directory.findDepartment(department)?.name ?? null,
  }
  await app.register(accessRecordRoutes, { db })
  await app.register(holderRoutes, { db, directory, now })
  await app.register(secrecyHoldRoutes, { db, now })
  await app.register(findingRoutes, { db })
  await app.register(ruleRoutes, { db, now, ...directory })
  await app.register(holidayRoutes, { db, now })
  await app.register(caseRoutes, cases)
  await app.register(caseCommandRoutes, cases)
  await app.register(measureRoutes, { db, directory, now })
  await app.register(reportRoutes, { db, directory })
  await app.register(parkedEventRoutes, { db })
}
