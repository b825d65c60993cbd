import { accessRowOf, type ChainHead } from '@lexchange/access-records'
import {
  type AccessRecord,
  accessHead,
  accessHeadSubject,
  accessRecorded,
  accessSubject,
  type CloudEvent,
  type EventContract,
} from '@lexchange/contracts'
import type { OutboxMessage } from '@lexchange/postgres'
import { v7 } from 'uuid'

/** A broker takes 1 MiB, and a record with all that it may carry has 4 KiB. */
const RECORDS = 200

/** Records of one write as ACCESS carries them: each message has those of one department, ascending. */
export function recordEvents(
  source: string,
  records: readonly AccessRecord[],
  regionOf: (department: string) => string | null,
  now: Date,
): OutboxMessage[] {
  const departments = Map.groupBy(records, ({ department }) => department)
  return [...departments].flatMap(([department, own]) => {
    const region = department === null ? null : regionOf(department)
    const subject = accessSubject(region, department)
    const portions = Array.from({ length: Math.ceil(own.length / RECORDS) }, (_, index) =>
      own.slice(index * RECORDS, (index + 1) * RECORDS),
    )
    return portions.map((portion) => ({
      subject,
      event: eventOf(accessRecorded, source, { records: portion.map(accessRowOf) }, now),
    }))
  })
}

export function headEvent(source: string, head: ChainHead, now: Date): OutboxMessage {
  const data = { source, ...head, at: now.toISOString() }
  return { subject: accessHeadSubject(source), event: eventOf(accessHead, source, data, now) }
}

/** The subject is the source, by which the outbox keeps the order of a chain. */
function eventOf(contract: EventContract, subject: string, data: unknown, now: Date): CloudEvent {
  return {
    specversion: '1.0',
    id: v7(),
    source: '/registry',
    type: contract.type,
    subject,
    time: now.toISOString(),
    datacontenttype: 'application/json',
    data,
  }
}
