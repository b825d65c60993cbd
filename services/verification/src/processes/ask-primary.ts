import { ProofsExhaustedError, type UseProof } from '@lexchange/auth'

import type { Claim, Refusal } from '../limits/index.ts'
import type { ToPrimary, ToWorker } from './messages.ts'
import { createQuestions } from './questions.ts'
import type { ProofUse } from './used-proofs.ts'

/** In a worker: what only the primary can tell, because it counts and remembers for all. */
export function askPrimary(send: (message: ToPrimary) => void) {
  const refusals = createQuestions<(Refusal | null)[]>()
  const uses = createQuestions<ProofUse>()
  const useProof: UseProof = async (id) => {
    const use = await uses.ask((request) => send({ kind: 'use-proof', request, id }))
    if (use === 'exhausted') throw new ProofsExhaustedError()
    return use === 'first'
  }
  return {
    limits: {
      take: (claims: readonly Claim[]) =>
        refusals.ask((request) => send({ kind: 'take-limits', request, claims })),
    },
    useProof,
    hear(message: ToWorker): void {
      if (message.kind === 'limits') refusals.answered(message.request, message.refusals)
      if (message.kind === 'proof-used') uses.answered(message.request, message.use)
    },
  }
}
