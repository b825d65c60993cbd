export { dropOldPresentations } from './presentation.repository.ts'
export { presentationRoutes } from './presentation.routes.ts'
export type { PresentationTables } from './presentation.tables.ts'
