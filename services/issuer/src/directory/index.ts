export type { DirectoryTables } from './directory.tables.ts'
export { createDirectory, type Directory } from './directory.ts'
export { directoryHandlers } from './on-directory-entry.ts'
