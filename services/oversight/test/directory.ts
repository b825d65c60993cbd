import { type DirectoryKind, directoryEvents, directorySubject } from '@lexchange/contracts'
import { jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { v7 } from 'uuid'

type Entry = { id: string; revision: number }

const department = (id: string, kind: string) => ({
  ...{ id, kind, name: `Department of ${id}`, region: '440300', state: 'active', revision: 1 },
})

const TAX_AGREEMENT = {
  id: 'tax',
  departmentId: 'tax',
  purpose: 'tax',
  legalBasis: { text: 'Tax offices may ask for what taxes need', reference: 'Tax Act, 6' },
  licenseTypes: ['*'],
  regions: ['100000'],
  disclose: ['*', 'contactPhone'],
  match: [],
  quota: { perDay: 40 },
  validFrom: '2026-01-01T00:00:00.000Z',
  validUntil: null,
  version: 1,
  state: 'active',
  revision: 1,
}

export const DIRECTORY: readonly (readonly [DirectoryKind, Entry])[] = [
  ['department', department('tax', 'tax')],
  ['department', department('finance', 'finance')],
  ['department', department('tendering', 'tendering')],
  ['agreement', TAX_AGREEMENT],
]

/** What the registry publishes when an entry has changed. */
export async function announce(
  nats: NatsConnection,
  kind: DirectoryKind,
  entry: Entry,
): Promise<void> {
  const event = {
    specversion: '1.0',
    id: v7(),
    source: '/registry',
    type: directoryEvents[kind].type,
    subject: entry.id,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    data: entry,
  }
  await jetstream(nats).publish(directorySubject(kind, entry.id), JSON.stringify(event))
}
