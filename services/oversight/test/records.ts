import {
  type AccessDraft,
  accessRowOf,
  type ChainHead,
  chainRecord,
  EMPTY_CHAIN,
} from '@lexchange/access-records'
import {
  type AccessRecord,
  accessRecorded,
  accessRecordedV1,
  accessSubject,
} from '@lexchange/contracts'
import { jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { v7 } from 'uuid'

const DRAFT: AccessDraft = {
  at: '2026-11-24T02:00:00.000Z',
  department: 'tax',
  client: 'tax-department',
  action: 'verification',
  license: {
    type: 'business-license',
    number: '914403001922038216',
    id: '019ab3f2-7c00-7000-8000-000000000001',
  },
  region: '440300',
  holder: '914403001922038216',
  matched: ['name'],
  disclosed: ['name', 'contactPhone'],
  purpose: 'tax',
  caseRef: 'SZ-1',
  agreement: 'tax',
  outcome: 'valid',
  refused: false,
  receipt: false,
  verificationId: null,
}

/** A process that records: each record follows the one before. */
export function createSource(source = `verification-${v7()}-0`) {
  let head: ChainHead = EMPTY_CHAIN
  return {
    source,
    record(changes: Partial<AccessDraft> = {}): AccessRecord {
      const record = chainRecord(source, head, { ...DRAFT, ...changes })
      head = { sequence: record.sequence, hash: record.hash }
      return record
    },
    records(count: number, changes: (place: number) => Partial<AccessDraft> = () => ({})) {
      return Array.from({ length: count }, (_, place) => this.record(changes(place)))
    },
  }
}

/** One message, as verification publishes it, or did before records were rows. */
export async function publishRecords(
  nats: NatsConnection,
  records: readonly AccessRecord[],
  version: 1 | 2 = 2,
): Promise<void> {
  const event = {
    specversion: '1.0',
    id: v7(),
    source: '/verification',
    type: (version === 1 ? accessRecordedV1 : accessRecorded).type,
    subject: records[0]?.source,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    data: { records: version === 1 ? records : records.map(accessRowOf) },
  }
  const subject = accessSubject('440300', records[0]?.department ?? null)
  await jetstream(nats).publish(subject, JSON.stringify(event))
}
