import type { FileHandle } from 'node:fs/promises'

import type { AccessDraft } from '@lexchange/access-records'
import type { Logger } from 'pino'

/** Where a process writes who looked at what, before it answers. */
export type AccessLog = {
  /** Calls back when the record is on disk, or with why it is not. */
  add(draft: AccessDraft, done: (error?: unknown) => void): void
  /** Resolves when the log can be written, or cannot yet. */
  open(): Promise<void>
  close(): Promise<void>
}

export type AccessLogOptions = {
  /** Of one slot. */
  folder: string
  source: string
  log: Logger
  /** Everything up to this sequence is on disk, and will not be taken back. */
  onDurable?: (sequence: number) => void
  /** Another process writes this slot now. */
  onLost?: () => void
  /** Writes into a segment; a test lets it fail. */
  append?: Append
  /** When a segment is followed by the next one. */
  segmentBytes?: number
  segmentMs?: number
}

/** Gives a promise only where something is waited for. */
export type Append = (
  handle: FileHandle,
  bytes: Buffer,
  position: number,
) => Promise<void> | undefined
