import { open } from 'node:fs/promises'

/** One record as it stands in a segment. */
export type Line = {
  json: string
  sequence: number
  hash: string
  department: string | null
  /** Where the next line begins. */
  end: number
}

const CHUNK = 2 ** 20

/** These members come first and hold nothing that a client could choose. */
const HEAD =
  /^\{"source":"[^"]+","sequence":(\d+),"previous":"[^"]{43}","hash":"([^"]{43})","id":"[^"]+","at":"[^"]+","department":(?:null|"([^"]+)"),/

/**
 * Whole lines of a segment from an offset on, about 1 MiB of them; the header is none. What follows a
 * line that is no record is not read.
 */
export async function readLines(path: string, offset: number): Promise<Line[]> {
  const handle = await open(path, 'r')
  try {
    const buffer = Buffer.allocUnsafe(CHUNK)
    const { bytesRead } = await handle.read(buffer, 0, CHUNK, offset)
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
    const json = bytes.toString('utf8', start, end)
    const found = HEAD.exec(json)
    if (!found) return lines
    const [, sequence, hash = '', department = null] = found
    lines.push({ json, sequence: Number(sequence), hash, department, end: offset + end + 1 })
    start = end + 1
  }
}
