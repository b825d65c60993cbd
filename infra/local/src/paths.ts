import { createHash } from 'node:crypto'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where the repository lies. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')

/** What was downloaded once for this clone. */
export const CACHE = join(ROOT, '.lexchange', 'cache')

/** Everything that one local Lexchange keeps. */
export type Home = {
  folder: string
  clients: string
  directorySeed: string
  verificationKey: string
  receiptKeys: string
  issuerKeys: string
  /** Key-encryption keys of claims: the issuer's, and those that registry and verification share. */
  issuerClaimKeys: string
  exchangeClaimKeys: string
  /** Who the NATS of this home is, and the keys that sign its accounts and users. */
  natsIdentity: string
  natsSigningKeys: string
  secrets: string
  logs: string
  lock: string
  processes: string
  nats: string
  natsConfig: string
  projection: string
  postgres: string
  tourDone: string
}

export function homeAt(
  folder = process.env.LEXCHANGE_HOME || join(ROOT, '.lexchange/local'),
): Home {
  const at = (name: string) => join(resolve(folder), name)
  return {
    folder: at(''),
    clients: at('clients.json'),
    directorySeed: at('directory-seed.json'),
    verificationKey: at('keys/verification.jwk'),
    receiptKeys: at('keys/receipts.jwks'),
    issuerKeys: at('keys/authorities'),
    issuerClaimKeys: at('keys/issuer-claims.json'),
    exchangeClaimKeys: at('keys/exchange-claims.json'),
    natsIdentity: at('keys/nats-identity.json'),
    natsSigningKeys: at('keys/nats-signing-keys.json'),
    secrets: at('secrets'),
    logs: at('logs'),
    lock: at('lock'),
    processes: at('processes.json'),
    nats: at('data/nats'),
    natsConfig: at('nats.conf'),
    projection: at('data/verification'),
    postgres: at('data/postgres'),
    tourDone: at('tour-done'),
  }
}

/** Short name of a path, for places outside the clone that belong to it. */
export function hashOf(...texts: string[]): string {
  return createHash('sha256').update(texts.join('\0')).digest('hex').slice(0, 12)
}
