export { createDirectory, type Directory, type DirectoryEntry } from './directory.ts'
export { directoryFile } from './directory-file.ts'
export { type DirectoryFollower, startDirectory } from './follow-directory.ts'
