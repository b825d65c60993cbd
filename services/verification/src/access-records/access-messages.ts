import {
  accessHead,
  accessHeadSubject,
  accessRecorded,
  accessSubject,
  type CloudEvent,
  type EventContract,
} from '@lexchange/contracts'

import type { Line } from './read-segment.ts'

export type AccessMessage = { subject: string; text: string; id: string }

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
      const records = portion.map(({ json }) => json).join(',')
      return {
        id,
        subject: accessSubject(department === null ? null : regionOf(department), department),
        text: eventText(accessRecorded, { id, subject: source, now }, `{"records":[${records}]}`),
      }
    }),
  )
}

function portionsOf(lines: readonly Line[]): Line[][] {
  const portions: Line[][] = []
  let bytes = BYTES
  for (const line of lines) {
    const size = Buffer.byteLength(line.json) + 1
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
  const text = eventText(accessHead, { id, subject: source, now }, data)
  return { id, subject: accessHeadSubject(source), text }
}

/** The data as text already, because parsing every record only to write it again would cost more than all else. */
function eventText(
  { type }: EventContract,
  { id, subject, now }: { id: string; subject: string; now: Date },
  data: string,
): string {
  const event: Omit<CloudEvent, 'data'> = {
    ...{ specversion: '1.0', id, source: '/verification', type, subject },
    time: now.toISOString(),
    datacontenttype: 'application/json',
  }
  return `${JSON.stringify(event).slice(0, -1)},"data":${data}}`
}
