import { ProofsExhaustedError } from './auth.errors.ts'

/** Remembers the id of a proof; false where it was used before. */
export type UseProof = (id: string) => boolean | Promise<boolean>

/** A proof is good from this many seconds before its `iat` until this many after it. */
export const PROOF_AHEAD = 5
export const PROOF_SECONDS = 60
/** Of each of two generations; about what one core can check in the time of one. */
const REMEMBERED = 300_000

/**
 * Ids of proofs in two generations, so that forgetting costs nothing: each is kept at least as long as it
 * is good, and never more than `limit` of a generation. Full means refused, because a forgotten id could
 * be used again.
 */
export function createUsedProofs(now: () => number = Date.now, limit = REMEMBERED): UseProof {
  let young = new Set<string>()
  let old = new Set<string>()
  let turned = now()

  return (id) => {
    const age = now() - turned
    if (age >= (PROOF_SECONDS + PROOF_AHEAD) * 1000) {
      old = age < 2 * (PROOF_SECONDS + PROOF_AHEAD) * 1000 ? young : new Set()
      young = new Set()
      turned = now()
    }
    if (young.has(id) || old.has(id)) return false
    if (young.size >= limit) throw new ProofsExhaustedError()
    young.add(id)
    return true
  }
}
