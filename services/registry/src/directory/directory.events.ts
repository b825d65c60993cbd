import { type CloudEvent, directoryEvents, directorySubject } from '@lexchange/contracts'
import type { OutboxMessage } from '@lexchange/postgres'
import { v7 } from 'uuid'

import type { Entry } from './entry.ts'

/** The entry as DIRECTORY carries it. */
export function entryEvent(
  { kind, data, revision, updatedAt }: Entry,
  traceparent?: string,
): OutboxMessage {
  const event: CloudEvent = {
    specversion: '1.0',
    id: v7(),
    source: '/registry',
    type: directoryEvents[kind].type,
    subject: data.id,
    time: updatedAt.toISOString(),
    datacontenttype: 'application/json',
    ...(traceparent !== undefined && { traceparent }),
    data: { ...data, revision },
  }
  return { subject: directorySubject(kind, data.id), event }
}
