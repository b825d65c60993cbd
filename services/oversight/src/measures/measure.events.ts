import { type Measure, measureOrdered, measureSubject } from '@lexchange/contracts'
import type { OutboxMessage } from '@lexchange/postgres'
import { v7 as newId } from 'uuid'

/** What the registry carries out. */
export function measureOrderedMessage(
  measure: Measure,
  now: Date,
  traceparent: string | undefined,
): OutboxMessage {
  return {
    subject: measureSubject(measure.departmentId),
    event: {
      specversion: '1.0',
      id: newId(),
      source: '/oversight',
      type: measureOrdered.type,
      subject: measure.departmentId,
      time: now.toISOString(),
      datacontenttype: 'application/json',
      ...(traceparent && { traceparent }),
      data: measure,
    },
  }
}
