import { createUsedProofs, ProofsExhaustedError } from '@lexchange/auth'

/** `exhausted`: no more can be remembered for now. */
export type ProofUse = 'first' | 'again' | 'exhausted'

/** In the primary, because a proof that one worker has taken must not be taken by another. */
export function createProofUses(): (id: string) => Promise<ProofUse> {
  const use = createUsedProofs()
  return async (id) => {
    try {
      return (await use(id)) ? 'first' : 'again'
    } catch (error) {
      if (error instanceof ProofsExhaustedError) return 'exhausted'
      throw error
    }
  }
}
