import { hkdfSync } from 'node:crypto'

/** Another key for another use (RFC 5869); all replicas have the same, and no database has it. */
export function deriveRequestKey(secret: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', 'lexchange request hash', 32))
}
