export interface DirectoryTables {
  directory_entry: {
    kind: string
    id: string
    /** The entry as DIRECTORY carries it. */
    value: unknown
    revision: number
  }
}
