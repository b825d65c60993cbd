import { MAX_ROW } from './received-row.ts'

const NEWLINE = 0x0a

/** Lines of a stream; of one that is too long, so much that it is seen to be. */
export async function* linesOf(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
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
