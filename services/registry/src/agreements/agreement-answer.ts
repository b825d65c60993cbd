import type { Agreement, AgreementVersion } from './agreement.ts'

export function toAnswer(agreement: Agreement): Record<string, unknown> {
  const { id, inForce, draft, latest, state, reason, revision } = agreement
  const { version, terms } = inForce ?? draft ?? latest
  return {
    id,
    ...terms,
    version,
    state,
    draft: draft && toVersionAnswer(draft),
    reason,
    revision,
    createdAt: agreement.createdAt.toISOString(),
    updatedAt: agreement.updatedAt.toISOString(),
  }
}

export function toVersionAnswer({ draftedAt, approvedAt, ...version }: AgreementVersion) {
  return {
    ...version,
    draftedAt: draftedAt.toISOString(),
    approvedAt: approvedAt?.toISOString() ?? null,
  }
}
