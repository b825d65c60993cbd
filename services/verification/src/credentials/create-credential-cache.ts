import { hash } from 'node:crypto'

import {
  type Check,
  type CredentialReading,
  checkIssuer,
  checkSignature,
  findTrustedKey,
  readCredential,
  type SignatureOutcome,
} from '@lexchange/credentials'

import type { Trust } from '../directory/index.ts'

/** What of a credential stays as it is until keys or trust change. */
export type SeenCredential = {
  reading: CredentialReading
  signature: SignatureOutcome
  issuer: Check<'issuer'>
}

const MAX_ENTRIES = 4_096
/** About as much memory as a few thousand credentials of real size take, in characters. */
const MAX_CHARACTERS = 12_000_000

/**
 * Reads credentials and checks their signatures, each once: those of a bid opening come again and again. Their
 * status is never kept. What was seen is forgotten as soon as trust changes.
 */
export function createCredentialCache() {
  let trusted: Trust | undefined
  let seen = new Map<string, { size: number; credential: SeenCredential }>()
  let characters = 0

  function keep(key: string, size: number, credential: SeenCredential): void {
    seen.set(key, { size, credential })
    characters += size
    // Oldest first: a Map keeps the order of insertion, and what is asked for again is inserted anew.
    for (const [oldest, { size: freed }] of seen) {
      if (seen.size <= MAX_ENTRIES && characters <= MAX_CHARACTERS) break
      seen.delete(oldest)
      characters -= freed
    }
  }

  return (compact: string, trust: Trust): SeenCredential => {
    if (trust !== trusted) {
      trusted = trust
      seen = new Map()
      characters = 0
    }
    const key = hash('sha256', compact, 'base64url')
    const found = seen.get(key)
    if (found) {
      seen.delete(key)
      seen.set(key, found)
      return found.credential
    }
    const credential = look(compact, trust)
    keep(key, compact.length, credential)
    return credential
  }
}

function look(compact: string, { list }: Trust): SeenCredential {
  const reading = readCredential(compact)
  const signature = checkSignature(reading, (issuer, kid) => findTrustedKey(list, issuer, kid))
  return { reading, signature, issuer: checkIssuer(reading, signature.credential, list) }
}
