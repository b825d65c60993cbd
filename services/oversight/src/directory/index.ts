export { createDirectory, type Directory } from './create-directory.ts'
export type { DirectoryTables } from './directory.tables.ts'
export { directoryHandlers } from './on-directory-entry.ts'
