import type { DirectoryTables } from '../directory/index.ts'

export interface OAuthTables extends DirectoryTables {
  signing_key: {
    kid: string
    public_jwk: unknown
    /** Compact JWE (dir, A256GCM) under the key encryption key. */
    sealed_private_jwk: string
    created_at: Date
    active_from: Date
    retired_at: Date | null
  }
  used_assertion: { id: string; expires_at: Date }
}
