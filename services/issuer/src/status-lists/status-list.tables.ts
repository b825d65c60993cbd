import type { Generated } from 'kysely'

export interface StatusListTables {
  status_list: {
    id: string
    authority_id: string
    /** Entries it has room for. */
    size: number
    /** How many indexes of its pool were given out. */
    taken: Generated<number>
    created_at: Date
  }
  status_list_pool: {
    list_id: string
    /** Every index once, shuffled; unsigned, 32 bits, little-endian. */
    indexes: Buffer
  }
  status_list_token: {
    list_id: string
    kid: string
    token: string
    signed_at: Date
    expires_at: Date
  }
  status_change: {
    id: Generated<string>
    list_id: string
    /** Null where the list itself is to be signed anew. */
    license_id: string | null
    created_at: Generated<Date>
  }
}
