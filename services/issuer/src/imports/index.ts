export { importRoutes } from './import.routes.ts'
export type { ImportTables } from './import.tables.ts'
export { importBatch } from './import-batch.ts'
export { startImports } from './start-imports.ts'
