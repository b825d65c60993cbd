import { decodeProtectedHeader } from 'jose'
import { sql } from 'kysely'

import { maintainKeys } from '../src/keys/maintain-keys.ts'
import { application } from './applications.ts'
import type { TestIssuer } from './start-issuer.ts'

type Key = {
  kid: string
  state: string
  createdAt: string
  signsFrom: string
  compromisedSince: string | null
  publicJwk: Record<string, unknown> | null
  credentials: { signed: number; distrusted: number }
}

type Announcement = {
  subject: string
  data: { jwks: { keys: Record<string, unknown>[] } }
}

export const kidOf = (credential: string) =>
  decodeProtectedHeader(credential.split('~')[0] ?? '').kid as string

/** The keys of shenzhen, as their authority and everybody see them. */
export function keysOf(issuer: TestIssuer) {
  const list = async (): Promise<{ items: Key[] }> => (await issuer.get('/v1/keys')).body
  return {
    list,
    states: async () => (await list()).items.map(({ state }) => state),
    /** What everybody is told. */
    async published(): Promise<Record<string, unknown>[]> {
      const { status, body } = await issuer.get('/.well-known/jwt-vc-issuer/authorities/shenzhen', {
        as: null,
      })
      return status === 404 ? [] : body.jwks.keys
    },
    /** By which key a license is issued now. */
    async kidOfIssued(): Promise<string> {
      const { body } = await issuer.post('/v1/licenses', application())
      return kidOf(body.credential)
    },
    compromise: (kid: string, since = new Date().toISOString(), options: object = {}) =>
      issuer.post(`/v1/keys/${kid}/compromise`, { since, reason: 'stolen' }, options),
    /** What each replica does every two seconds. */
    async maintain(): Promise<void> {
      const { keyring, keys } = issuer.signing
      await keyring.refresh()
      const authority = issuer.directory.findAuthority('shenzhen')
      if (authority) await maintainKeys(keys, authority, keyring.keysOf('shenzhen'))
    },
    async announced(): Promise<Announcement[]> {
      const { rows } = await sql<Announcement>`
        select subject, message::json -> 'data' as data from outbox
        where ordering_key = 'shenzhen' order by id`.execute(issuer.db)
      return rows
    },
  }
}
