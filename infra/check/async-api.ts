import {
  authorityKeysEvent,
  type DirectoryKind,
  directoryEvents,
  type EventContract,
  issuanceEvents,
  LICENSE_EVENTS,
  licenseEvents,
} from '@lexchange/contracts'

import { fixtureOf } from './event-examples.ts'

/** AsyncAPI 3.0 of the streams, made from the contracts, with each version's fixture as its example. */
export function asyncApiDocument(version: string): object {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Lexchange events',
      version,
      description:
        'CloudEvents 1.0 in structured JSON over NATS JetStream. `id` is the `Nats-Msg-Id`; delivery is at least once, so drop what you have by `source` and `id`, or by `subject` and `sequence`.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/cloudevents+json',
    servers: {
      local: { host: '127.0.0.1:7006', protocol: 'nats', description: 'The local default' },
    },
    channels: {
      issuance: licenseChannel('ISSUANCE', 'issuance', issuanceEvents, '30 days'),
      authorityKeys: authorityKeysChannel(),
      licenses: licenseChannel('LICENSES', 'license', licenseEvents, '90 days'),
      directory: directoryChannel(),
    },
    operations: {
      publishIssuance: operation(
        'send',
        'issuance',
        'The issuer announces every change to the registry',
      ),
      publishAuthorityKeys: operation(
        'send',
        'authorityKeys',
        'The issuer announces the keys that an authority signs with',
      ),
      publishLicense: operation(
        'send',
        'licenses',
        'The registry shares every change it has accepted',
      ),
      receiveLicense: operation(
        'receive',
        'licenses',
        'Verification and departments follow changes',
      ),
      publishDirectory: operation(
        'send',
        'directory',
        'The registry shares each entry of its directory',
      ),
    },
  }
}

function operation(action: 'send' | 'receive', channel: string, summary: string) {
  return { action, channel: { $ref: `#/channels/${channel}` }, summary }
}

function licenseChannel(
  stream: string,
  prefix: string,
  contracts: Record<(typeof LICENSE_EVENTS)[number], EventContract>,
  kept: string,
) {
  return {
    address: `${prefix}.{region}.{type}.{event}`,
    description: `Stream ${stream}, kept ${kept}`,
    'x-jetstream': { stream },
    parameters: {
      region: { description: 'GB/T 2260 division code, 6 digits' },
      type: { description: 'License type code' },
      event: { enum: [...LICENSE_EVENTS] },
    },
    messages: Object.fromEntries(
      LICENSE_EVENTS.map((event) => [
        event,
        message(contracts[event], `${prefix === 'issuance' ? 'issuance' : 'license'}.${event}`),
      ]),
    ),
  }
}

function authorityKeysChannel() {
  return {
    address: 'issuance.{region}.authority.keys',
    description: 'Stream ISSUANCE, kept 30 days',
    'x-jetstream': { stream: 'ISSUANCE' },
    parameters: { region: { description: 'GB/T 2260 division code of the authority' } },
    messages: { keys: message(authorityKeysEvent, 'authority.keys') },
  }
}

function directoryChannel() {
  const kinds = Object.keys(directoryEvents) as DirectoryKind[]
  return {
    address: 'directory.{kind}.{id}',
    description: 'Stream DIRECTORY, which keeps the last value of every entry',
    'x-jetstream': { stream: 'DIRECTORY' },
    parameters: { kind: { enum: kinds }, id: { description: 'Id of the entry' } },
    messages: Object.fromEntries(
      kinds.map((kind) => [kind, message(directoryEvents[kind], `directory.${kind}`)]),
    ),
  }
}

function message(contract: EventContract, fixture: string) {
  return {
    name: contract.type,
    title: contract.name,
    contentType: 'application/cloudevents+json',
    payload: contract.message,
    examples: [{ name: 'fixture', payload: fixtureOf(fixture, contract.version) }],
  }
}
