import {
  accessHead,
  accessHeadSubject,
  accessRecorded,
  accessSubject,
  type CloudEvent,
} from '@lexchange/contracts'

import type { Line } from './read-segment.ts'

export type AccessMessage = { subject: string; payload: Buffer; id: string }

const COMMA = Buffer.from(',')

/** At most so many records in one message, and so many bytes of them: a broker takes 1 MiB. */
const RECORDS = 500
const BYTES = 600_000

/**
 * Messages of consecutive records of one source: each holds those of one department, ascending. Their ids
 * say what is in them, so that JetStream drops one that is sent again.
 */
export function recordMessages(
  source: string,
  lines: readonly Line[],
  regionOf: (department: string) => string | null,
  now: Date,
): AccessMessage[] {
  const departments = Map.groupBy(lines, ({ department }) => department)
  return [...departments].flatMap(([department, own]) =>
    portionsOf(own).map((portion) => {
      const id = `${source}:${portion[0]?.sequence}-${portion.at(-1)?.sequence}`
      return {
        id,
        subject: accessSubject(department === null ? null : regionOf(department), department),
        payload: eventOf({ type: accessRecorded.type, id, subject: source, now }, [
          '{"records":[',
          ...listed(portion),
          ']}',
        ]),
      }
    }),
  )
}

function portionsOf(lines: readonly Line[]): Line[][] {
  const portions: Line[][] = []
  let bytes = BYTES
  for (const line of lines) {
    const size = line.json.length + 1
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
  const payload = eventOf({ type: accessHead.type, id, subject: source, now }, [data])
  return { id, subject: accessHeadSubject(source), payload }
}

type Envelope = { type: string; id: string; subject: string; now: Date }

/** The data as JSON already: to parse every record only to write it again would cost more than all else. */
function eventOf({ now, ...named }: Envelope, data: readonly (string | Buffer)[]): Buffer {
  const event: Omit<CloudEvent, 'data'> = {
    ...{ specversion: '1.0', source: '/verification', ...named },
    time: now.toISOString(),
    datacontenttype: 'application/json',
  }
  const parts = [`${JSON.stringify(event).slice(0, -1)},"data":`, ...data, '}']
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)))
}

function listed(lines: readonly Line[]): Buffer[] {
  return lines.flatMap(({ json }, index) => (index === 0 ? [json] : [COMMA, json]))
}
