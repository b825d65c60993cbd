import type { Claim, Refusal } from './limits.ts'

export type LimitsAsked = { kind: 'take-limits'; request: number; claims: readonly Claim[] }

/** In a worker: asks the primary, which counts for all. */
export function askPrimary(send: (message: LimitsAsked) => void) {
  const waiting = new Map<number, (refusals: (Refusal | null)[]) => void>()
  let requests = 0
  return {
    take(claims: readonly Claim[]): Promise<(Refusal | null)[]> {
      const request = ++requests
      return new Promise((resolve) => {
        waiting.set(request, resolve)
        send({ kind: 'take-limits', request, claims })
      })
    },
    answered(request: number, refusals: (Refusal | null)[]): void {
      waiting.get(request)?.(refusals)
      waiting.delete(request)
    },
  }
}
