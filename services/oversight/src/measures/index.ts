export { listMeasures } from './measure.repository.ts'
export { measureAnswer, measureRoutes } from './measure.routes.ts'
export { EXAMPLE_MEASURE, MeasureAnswer } from './measure.schemas.ts'
export type { MeasureTables } from './measure.tables.ts'
