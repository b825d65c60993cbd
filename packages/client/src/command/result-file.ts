import { createReadStream } from 'node:fs'
import { type FileHandle, open, truncate } from 'node:fs/promises'

import { parse } from 'csv-parse'
import { stringify } from 'csv-stringify/sync'

import { countRecords } from './csv-records.ts'
import { UsageError } from './exit-codes.ts'

export type Row = Readonly<Record<string, unknown>>

/** A file of results that may be there in part. */
export type ResultFile = {
  /** Rows that are there already. */
  readonly done: number
  /** Keeps a row; it is written with others. */
  add(row: Row): Promise<void>
  close(): Promise<void>
}

const WRITE_AT = 64 * 1_024

/**
 * Opens it to go on behind its last whole row: what an interrupted run has torn is cut off.
 * @param onDone called with each row that is there.
 * @throws UsageError if the file has other columns: it is the result of another command.
 */
export async function openResultFile(
  file: string,
  columns: readonly string[],
  onDone: (row: Record<string, string>) => void,
): Promise<ResultFile> {
  const done = await recover(file, columns, onDone)
  const handle = await open(file, 'a', 0o600)
  if (done === undefined) await handle.write(line(columns))
  return { done: done ?? 0, ...writer(handle, columns) }
}

function writer(handle: FileHandle, columns: readonly string[]) {
  let waiting = ''
  async function flush() {
    const text = waiting
    waiting = ''
    if (text !== '') await handle.write(text)
  }
  return {
    async add(row: Row) {
      waiting += line(columns.map((name) => toCell(row[name])))
      if (waiting.length >= WRITE_AT) await flush()
    },
    async close() {
      await flush()
      await handle.close()
    },
  }
}

async function recover(
  file: string,
  columns: readonly string[],
  onDone: (row: Record<string, string>) => void,
): Promise<number | undefined> {
  const found = await countRecords(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (!found || found.whole === 0) {
    if (found?.rest) await requireOwn(file, columns)
    if (found) await truncate(file, 0)
    return undefined
  }
  if (found.rest) await truncate(file, found.bytes)
  let header: string[] | undefined
  const rows = createReadStream(file).pipe(parse({ relax_column_count: true }))
  for await (const record of rows as AsyncIterable<string[]>) {
    if (header) onDone(Object.fromEntries(header.map((name, index) => [name, record[index] ?? ''])))
    else header = requireColumns(file, record, columns)
  }
  return found.whole - 1
}

/** A file with less than one line: the beginning of our header, or somebody else's. */
async function requireOwn(file: string, columns: readonly string[]): Promise<void> {
  const handle = await open(file, 'r')
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(4_096), 0, 4_096, 0)
  await handle.close()
  const begun = buffer.toString('utf8', 0, bytesRead)
  if (!line(columns).startsWith(begun)) throw otherFile(file)
}

function requireColumns(file: string, found: string[], columns: readonly string[]): string[] {
  if (found.join('\n') !== columns.join('\n')) throw otherFile(file)
  return found
}

function otherFile(file: string): UsageError {
  return new UsageError(
    `${file} is not the result of this command: name another file, or delete it`,
  )
}

function line(cells: readonly string[]): string {
  return stringify([[...cells]])
}

/** A spreadsheet would run what looks like a formula; telephone numbers and amounts do not. */
const FORMULA = /^[=@\t\r]|^[+-](?![\d. ]+$)/

/** A value as results show it. */
export function toCell(value: unknown): string {
  if (value === undefined || value === null) return ''
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return FORMULA.test(text) ? `'${text}` : text
}
