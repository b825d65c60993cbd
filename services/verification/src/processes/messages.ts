import type { DirectoryEntry } from '../directory/index.ts'
import type { Claim, Refusal } from '../limits/index.ts'
import type { ProofUse } from './used-proofs.ts'

/** What a worker needs to know and only the primary does. */
export type ToWorker =
  | { kind: 'projection'; folder: string }
  | { kind: 'directory'; entries: readonly DirectoryEntry[]; all: boolean }
  | { kind: 'freshness'; caughtUpAt: number; connected: boolean }
  | { kind: 'give-metrics'; request: number }
  | { kind: 'metrics'; request: number; text: string }
  | { kind: 'limits'; request: number; refusals: (Refusal | null)[] }
  | { kind: 'proof-used'; request: number; use: ProofUse }

export type ToPrimary =
  /** The worker has started, and wants to be told everything. */
  | { kind: 'started' }
  | { kind: 'own-metrics'; request: number; metrics: unknown[] }
  /** Somebody asks this worker for the metrics of all. */
  | { kind: 'collect-metrics'; request: number }
  /** Access records of a slot are on disk up to this one. */
  | { kind: 'recorded'; slot: number; sequence: number }
  | { kind: 'take-limits'; request: number; claims: readonly Claim[] }
  | { kind: 'use-proof'; request: number; id: string }
