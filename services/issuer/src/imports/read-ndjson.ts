import { linesOf } from './read-lines.ts'
import { decodeUtf8, MAX_ROW, NOT_UTF8, type ReceivedRow, TOO_LONG } from './received-row.ts'

/** Rows are numbered by line, from 1; empty lines are no rows. */
export async function* readNdjson(bytes: AsyncIterable<Buffer>): AsyncGenerator<ReceivedRow> {
  let row = 0
  for await (const line of linesOf(bytes)) {
    row++
    const read = readLine(line, row)
    if (read) yield read
  }
}

function readLine(line: Buffer, row: number): ReceivedRow | undefined {
  if (line.length > MAX_ROW) return { row, fault: TOO_LONG }
  const text = decodeUtf8(line)?.trim()
  if (text === undefined) return { row, fault: NOT_UTF8 }
  if (text === '') return undefined
  // PostgreSQL stores no NUL, and JSON has none outside an escape.
  return text.includes('\0') ? { row, fault: 'is not JSON' } : { row, content: text }
}
