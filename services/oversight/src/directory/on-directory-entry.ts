import { type DirectoryKind, directoryEvents, type EventOf } from '@lexchange/contracts'
import { defineEventHandler, type EventHandler } from '@lexchange/events'

import { saveEntry } from './directory.repository.ts'
import type { DirectoryTables } from './directory.tables.ts'

/** One handler per kind of entry; each keeps the latest revision. docs/flows/consume-directory.md */
export const directoryHandlers = (Object.keys(directoryEvents) as DirectoryKind[]).map(
  (kind): EventHandler<DirectoryTables> =>
    defineEventHandler<DirectoryTables, (typeof directoryEvents)[DirectoryKind]>({
      event: directoryEvents[kind],
      handle: (trx, { data }: EventOf<(typeof directoryEvents)[DirectoryKind]>) =>
        saveEntry(trx, kind, data),
    }) as unknown as EventHandler<DirectoryTables>,
)
