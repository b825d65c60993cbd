import { parse } from 'csv-parse/sync'

import { linesOf } from './read-lines.ts'
import { decodeUtf8, MAX_ROW, NOT_UTF8, TOO_LONG } from './received-row.ts'

export type CsvRecord =
  | { cells: string[]; fault?: undefined }
  | { cells?: undefined; fault: string }

const QUOTE = 0x22

/**
 * Records of a CSV (RFC 4180), whose quoted cells may hold line breaks. A record that cannot be read
 * costs its first line only: with a streaming parser, a quote that is never closed would swallow all
 * that follows.
 */
export async function* csvRecords(bytes: AsyncIterable<Buffer>): AsyncGenerator<CsvRecord> {
  let held: Buffer[] = []
  let size = 0
  let open = false
  for await (const line of linesOf(bytes)) {
    held.push(line)
    size += line.length + 1
    open = open !== hasOddQuotes(line)
    if (open && size <= MAX_ROW) continue
    const left = yield* settle(held, false)
    held = left
    size = left.reduce((sum, each) => sum + each.length + 1, 0)
    open = left.length > 0
  }
  yield* settle(held, true)
}

/** Gives the records that lines make; returns the lines of one whose quotes are still open. */
function* settle(lines: Buffer[], ended: boolean): Generator<CsvRecord, Buffer[]> {
  let from = 0
  while (from < lines.length) {
    const end = endOfRecord(lines, from)
    if (end === undefined && from > 0 && !ended) return lines.slice(from)
    const record = end === undefined ? { fault: NOT_CSV } : readRecord(lines.slice(from, end))
    from = end === undefined || record?.fault ? from + 1 : end
    if (record) yield record
  }
  return []
}

const NOT_CSV = 'is not CSV: its quotes do not match'

/** The line after the one where all quotes are closed. */
function endOfRecord(lines: readonly Buffer[], from: number): number | undefined {
  let open = false
  for (let index = from; index < lines.length; index++) {
    open = open !== hasOddQuotes(lines[index] as Buffer)
    if (!open) return index + 1
  }
  return undefined
}

function hasOddQuotes(line: Buffer): boolean {
  let odd = false
  for (let at = line.indexOf(QUOTE); at >= 0; at = line.indexOf(QUOTE, at + 1)) odd = !odd
  return odd
}

/** Undefined for an empty line, which is no record. */
function readRecord(lines: readonly Buffer[]): CsvRecord | undefined {
  const bytes = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]))
  if (bytes.length > MAX_ROW) return { fault: TOO_LONG }
  const text = decodeUtf8(bytes)?.replace(/\r?\n$/, '')
  if (text === undefined) return { fault: NOT_UTF8 }
  if (text.trim() === '') return undefined
  try {
    const [cells] = parse(text, { relax_column_count: true, record_delimiter: '\n' })
    return { cells: cells as string[] }
  } catch {
    return { fault: NOT_CSV }
  }
}
