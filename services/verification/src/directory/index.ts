export { createDirectory, type Directory, type DirectoryEntry } from './create-directory.ts'
export { directoryFile } from './directory-file.ts'
export { type DirectoryFollower, startDirectory } from './follow-directory.ts'
export type { Trust } from './trust.ts'
