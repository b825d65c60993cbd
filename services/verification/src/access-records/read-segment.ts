import { open } from 'node:fs/promises'

/** One record as it stands in a segment. */
export type Line = {
  /** Where the record, as JSON, lies in the buffer that was read into. */
  from: number
  to: number
  /** Of the event that carries such lines. */
  version: 1 | 2
  sequence: number
  hash: string
  department: string | null
  /** Where the next line of the segment begins. */
  end: number
}

/** How much of a segment is read at once. */
export const CHUNK = 2 ** 20

/** The heads of rows and records are not longer. */
const HEAD_BYTES = 512

/** Of a row. What comes first holds nothing that a client could choose. */
const ROW =
  /^\["(?<hash>[^"]{43})",\["[^"]+",(?<sequence>\d+),"[^"]{43}","[^"]+","[^"]+",(?:null|"(?<department>[^"]+)"),/

/** Of a record with its members' names: segments were written so before rows were. */
const RECORD =
  /^\{"source":"[^"]+","sequence":(?<sequence>\d+),"previous":"[^"]{43}","hash":"(?<hash>[^"]{43})","id":"[^"]+","at":"[^"]+","department":(?:null|"(?<department>[^"]+)"),/

/**
 * Whole lines of a segment from an offset on, as many as the buffer takes; the header is none. What follows
 * a line that is no record is not read.
 */
export async function readLines(path: string, offset: number, buffer: Buffer): Promise<Line[]> {
  const handle = await open(path, 'r')
  try {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset)
    return linesOf(buffer.subarray(0, bytesRead), offset)
  } finally {
    await handle.close()
  }
}

function linesOf(bytes: Buffer, offset: number): Line[] {
  const lines: Line[] = []
  let start = 0
  if (offset === 0) start = bytes.indexOf(0x0a) + 1
  for (;;) {
    const end = bytes.indexOf(0x0a, start)
    if (end < 0) return lines
    // Only the head becomes text: every record passes here, and is carried on as the bytes that it is.
    const head = headOf(bytes.toString('latin1', start, Math.min(end, start + HEAD_BYTES)))
    if (!head) return lines
    lines.push({ ...head, from: start, to: end, end: offset + end + 1 })
    start = end + 1
  }
}

function headOf(text: string): Omit<Line, 'from' | 'to' | 'end'> | undefined {
  const row = ROW.exec(text)
  const groups = (row ?? RECORD.exec(text))?.groups
  if (!groups) return undefined
  const { sequence, hash = '', department = null } = groups
  return { version: row ? 2 : 1, sequence: Number(sequence), hash, department }
}
