import {
  accessHead,
  accessHeadSubject,
  accessRecorded,
  accessRecordedV1,
  accessSubject,
  type CloudEvent,
} from '@lexchange/contracts'

import type { Line } from './read-segment.ts'

export type AccessMessage = { subject: string; payload: Buffer; id: string }

const COMMA = 0x2c

/** At most so many records in one message, and so many bytes of them: a broker takes 1 MiB. */
const RECORDS = 500
const BYTES = 600_000

/** Lines of one source, and the buffer that holds them. */
export type ReadLines = { source: string; lines: readonly Line[]; buffer: Buffer }

/**
 * Messages of consecutive records of one source: each holds those of one department, ascending. Their ids
 * say what is in them, so that JetStream drops one that is sent again.
 * @param room what payloads are put together in: each is good until the next is asked for. To allocate them
 * anew has the garbage collector cost more than all else of a message.
 */
export function* recordMessages(
  { source, lines, buffer }: ReadLines,
  regionOf: (department: string) => string | null,
  now: Date,
  room: Buffer,
): Generator<AccessMessage> {
  for (const [department, own] of Map.groupBy(lines, (line) => line.department))
    for (const portion of portionsOf(own)) {
      const id = `${source}:${portion[0]?.sequence}-${portion.at(-1)?.sequence}`
      const { type } = portion[0]?.version === 1 ? accessRecordedV1 : accessRecorded
      const envelope = envelopeOf({ type, id, subject: source, now })
      let size = room.write(`${envelope}{"records":[`)
      size = copyRecords(portion, buffer, room, size)
      size += room.write(']}}', size)
      const subject = accessSubject(department === null ? null : regionOf(department), department)
      yield { id, subject, payload: room.subarray(0, size) }
    }
}

/** As a list. Lines that follow each other are copied at once, by what parts them then. */
function copyRecords(portion: readonly Line[], buffer: Buffer, room: Buffer, size: number): number {
  let end = size
  for (let index = 0; index < portion.length; ) {
    const { from } = portion[index] as Line
    let { to } = portion[index] as Line
    if (index > 0) room[end++] = COMMA
    for (index++; portion[index]?.from === to + 1; index++) {
      buffer[to] = COMMA
      to = (portion[index] as Line).to
    }
    end += buffer.copy(room, end, from, to)
  }
  return end
}

function portionsOf(lines: readonly Line[]): Line[][] {
  const portions: Line[][] = []
  let bytes = BYTES
  for (const line of lines) {
    const size = line.to - line.from + 1
    const portion = portions.at(-1)
    bytes += size
    if (portion && portion.length < RECORDS && bytes <= BYTES) portion.push(line)
    else {
      portions.push([line])
      bytes = size
    }
  }
  return portions
}

export function headMessage(
  source: string,
  { sequence, hash }: { sequence: number; hash: string },
  now: Date,
): AccessMessage {
  const id = `${source}:head-${sequence}`
  const data = JSON.stringify({ source, sequence, hash, at: now.toISOString() })
  const envelope = envelopeOf({ type: accessHead.type, id, subject: source, now })
  return { id, subject: accessHeadSubject(source), payload: Buffer.from(`${envelope}${data}}`) }
}

type Envelope = { type: string; id: string; subject: string; now: Date }

/** An event up to its data, which is JSON already: to parse every record would cost more than all else. */
function envelopeOf({ now, ...named }: Envelope): string {
  const event: Omit<CloudEvent, 'data'> = {
    ...{ specversion: '1.0', source: '/verification', ...named },
    time: now.toISOString(),
    datacontenttype: 'application/json',
  }
  return `${JSON.stringify(event).slice(0, -1)},"data":`
}
