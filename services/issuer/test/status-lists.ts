import { decodeStatusList, statusAt } from '@lexchange/credentials'
import { syntheticUscc } from '@lexchange/local'
import { decodeJwt } from 'jose'
import { sql } from 'kysely'

import { publishStatusList } from '../src/status-lists/index.ts'
import { application } from './applications.ts'
import type { TestIssuer } from './start-issuer.ts'

const REGION = { shenzhen: '440300', beijing: '110000' }

/** The bytes of a status list token, not verified. */
export function bytesOf(token: string): Uint8Array {
  const { lst, bits } = decodeJwt<{ status_list: { lst: string; bits: 2 } }>(token).status_list
  const decoded = decodeStatusList(lst, bits)
  if (!decoded.ok) throw new Error(decoded.detail)
  return decoded.value.bytes
}

export const statusIn = (token: string, index: number) => statusAt(bytesOf(token), 2, index)

/** Licenses with their status entries, and their lists as anybody fetches them. */
export function listsOf(issuer: TestIssuer) {
  async function entryOf(licenseId: string) {
    const row = await issuer.db
      .selectFrom('license')
      .select(['status_list_id', 'status_index'])
      .where('id', '=', licenseId)
      .executeTakeFirstOrThrow()
    return { listId: row.status_list_id as string, index: row.status_index as number }
  }
  return {
    entryOf,
    async issued(as: 'shenzhen' | 'beijing' = 'shenzhen') {
      const { body } = await issuer.post(
        '/v1/licenses',
        application({}, syntheticUscc(REGION[as])),
        { as },
      )
      const { id } = body.license as { id: string }
      return { id, ...(await entryOf(id)) }
    },
    change: (id: string, verb: string) =>
      issuer.post(`/v1/licenses/${id}/${verb}`, { reason: verb }),
    publish: (listId: string) => publishStatusList(issuer.signing.publishing, listId),
    /** Later than what the reader has read. */
    async fetch(listId: string, headers: Record<string, string> = {}) {
      issuer.clock.offset += 600
      return issuer.get(`/status-lists/${listId}`, { as: null, headers })
    },
    /** Keeps every token that is ever stored, in the order in which they were. */
    async keepHistory() {
      const statements = [
        sql`create table token_history (
          id bigint generated always as identity, list_id uuid, token text, signed_at timestamptz)`,
        sql`create function keep_token() returns trigger language plpgsql as $$
          begin
            insert into token_history (list_id, token, signed_at)
            values (new.list_id, new.token, new.signed_at);
            return null;
          end $$`,
        sql`create trigger keep_token after insert or update on status_list_token
          for each row execute function keep_token()`,
      ]
      for (const statement of statements) await statement.execute(issuer.db)
    },
    async history(listId: string) {
      const { rows } = await sql<{ token: string; signed_at: Date }>`
        select token, signed_at from token_history where list_id = ${listId} order by id`.execute(
        issuer.db,
      )
      return rows
    },
  }
}
