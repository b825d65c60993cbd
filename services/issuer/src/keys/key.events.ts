import { type AuthorityEntry, authorityKeysEvent, authorityKeysSubject } from '@lexchange/contracts'
import type { OutboxMessage } from '@lexchange/postgres'

import { credentialIssuer, type Keys, publishedKeys } from './key.ts'

/** The event of ISSUANCE that announces all keys of an authority. */
export function toKeysMessage(
  authority: Pick<AuthorityEntry, 'id' | 'region'>,
  keys: Keys,
  { publicUrl, eventId, at }: { publicUrl: string; eventId: string; at: Date },
): OutboxMessage {
  const { id: authorityId, region } = authority
  const issuer = credentialIssuer(publicUrl, authorityId)
  return {
    subject: authorityKeysSubject(region),
    event: {
      specversion: '1.0',
      id: eventId,
      source: `/authorities/${authorityId}`,
      type: authorityKeysEvent.type,
      subject: authorityId,
      time: at.toISOString(),
      datacontenttype: 'application/json',
      data: { authorityId, region, issuer, jwks: { keys: publishedKeys(keys) } },
    },
  }
}
