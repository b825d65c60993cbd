import { MAX_ROW, NOT_UTF8, type ReceivedRow, TOO_LONG } from './received-row.ts'

const NEWLINE = 0x0a

/** Rows are numbered by line, from 1; empty lines are no rows. */
export async function* readNdjson(bytes: AsyncIterable<Buffer>): AsyncGenerator<ReceivedRow> {
  let row = 0
  for await (const line of linesOf(bytes)) {
    row++
    const read = readLine(line, row)
    if (read) yield read
  }
}

/** Lines of a stream; of one that is too long, so much that it is seen to be. */
async function* linesOf(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = []
  let length = 0
  const keep = (part: Buffer) => {
    if (length <= MAX_ROW) parts.push(part)
    length += part.length
  }
  for await (const chunk of bytes) {
    let from = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      keep(chunk.subarray(from, end))
      yield Buffer.concat(parts)
      parts = []
      length = 0
      from = end + 1
    }
    keep(chunk.subarray(from))
  }
  if (length > 0) yield Buffer.concat(parts)
}

function readLine(line: Buffer, row: number): ReceivedRow | undefined {
  if (line.length > MAX_ROW) return { row, fault: TOO_LONG }
  let text: string
  try {
    // Takes a byte order mark away too.
    text = new TextDecoder('utf-8', { fatal: true }).decode(line).trim()
  } catch {
    return { row, fault: NOT_UTF8 }
  }
  if (text === '') return undefined
  // PostgreSQL stores no NUL, and JSON has none outside an escape.
  return text.includes('\0') ? { row, fault: 'is not JSON' } : { row, content: text }
}
