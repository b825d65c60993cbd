import type { AgreementTerms } from '@lexchange/contracts'

import { AgreementConflictError, SecondAdministratorRequiredError } from './agreement.errors.ts'

export type AgreementState = 'draft' | 'active' | 'suspended' | 'ended'

/** One version of the terms; `approved` is the one in force, what was in force before is superseded. */
export type AgreementVersion = {
  version: number
  state: 'draft' | 'approved' | 'superseded' | 'rejected'
  terms: AgreementTerms
  draftedBy: string
  draftedAt: Date
  approvedBy: string | null
  approvedAt: Date | null
}

export type Agreement = {
  id: string
  departmentId: string
  state: AgreementState
  /** Of the last suspension, resumption or end. */
  reason: string | null
  /** Grows with every change, also of drafts. */
  revision: number
  /** The version drafted last, whatever became of it. */
  latest: Pick<AgreementVersion, 'version' | 'terms'>
  inForce: AgreementVersion | null
  draft: AgreementVersion | null
  createdAt: Date
  updatedAt: Date
}

/** What a decision makes of an agreement, and the versions that it changes. */
export type Decision = { agreement: Agreement; versions: AgreementVersion[] }

/** Who decides, and when. */
export type Decider = { by: string; now: Date }

export function newAgreement(id: string, terms: AgreementTerms, { by, now }: Decider): Decision {
  const draft = draftOf(1, terms, { by, now })
  const agreement: Agreement = {
    id,
    departmentId: terms.departmentId,
    state: 'draft',
    reason: null,
    revision: 1,
    latest: draft,
    inForce: null,
    draft,
    createdAt: now,
    updatedAt: now,
  }
  return { agreement, versions: [draft] }
}

/** The terms that a change begins from: those of the draft, so that nothing another drafted is lost. */
export function termsToChange({ draft, inForce, latest }: Agreement): AgreementTerms {
  return (draft ?? inForce ?? latest).terms
}

/** New terms take the place of a draft; what is in force stays so until they are approved. */
export function draftTerms(agreement: Agreement, terms: AgreementTerms, who: Decider): Decision {
  refuseEnded(agreement)
  const draft = draftOf(agreement.latest.version + 1, terms, who)
  const versions = [...supersededDraft(agreement), draft]
  const next = { draft, latest: draft }
  return { agreement: changed(agreement, next, who), versions }
}

/** @param version the draft that was read; undefined approves the present one. */
export function approve(agreement: Agreement, version: number | undefined, who: Decider): Decision {
  const draft = requireDraft(agreement, version)
  if (draft.draftedBy === who.by)
    throw new SecondAdministratorRequiredError(agreement.id, draft.version)
  return enter(agreement, draft, who)
}

/** Puts the draft in force, whoever drafted it: only the seed calls this by itself. */
export function enter(agreement: Agreement, draft: AgreementVersion, who: Decider): Decision {
  const approved: AgreementVersion = {
    ...draft,
    state: 'approved',
    approvedBy: who.by,
    approvedAt: who.now,
  }
  const before = agreement.inForce
  const versions: AgreementVersion[] = before
    ? [{ ...before, state: 'superseded' }, approved]
    : [approved]
  // New terms of a suspended agreement do not lift its suspension.
  const state = agreement.state === 'draft' ? 'active' : agreement.state
  const next = { state, inForce: approved, draft: null }
  return { agreement: changed(agreement, next, who), versions }
}

export function reject(agreement: Agreement, version: number | undefined, who: Decider): Decision {
  const draft = requireDraft(agreement, version)
  return {
    agreement: changed(agreement, { draft: null }, who),
    versions: [{ ...draft, state: 'rejected' }],
  }
}

export function suspend(agreement: Agreement, reason: string, who: Decider): Decision {
  requireState(agreement, 'active')
  const next = { state: 'suspended', reason } as const
  return { agreement: changed(agreement, next, who), versions: [] }
}

export function resume(agreement: Agreement, reason: string, who: Decider): Decision {
  requireState(agreement, 'suspended')
  const next = { state: 'active', reason } as const
  return { agreement: changed(agreement, next, who), versions: [] }
}

/** For good: what ended is not resumed, drafted or approved again. */
export function end(agreement: Agreement, reason: string, who: Decider): Decision {
  refuseEnded(agreement)
  const next = { state: 'ended', reason, draft: null } as const
  const versions: AgreementVersion[] = agreement.draft
    ? [{ ...agreement.draft, state: 'rejected' }]
    : []
  return { agreement: changed(agreement, next, who), versions }
}

function changed(agreement: Agreement, next: Partial<Agreement>, { now }: Decider): Agreement {
  return { ...agreement, ...next, revision: agreement.revision + 1, updatedAt: now }
}

function draftOf(version: number, terms: AgreementTerms, { by, now }: Decider): AgreementVersion {
  return {
    version,
    state: 'draft',
    terms,
    draftedBy: by,
    draftedAt: now,
    approvedBy: null,
    approvedAt: null,
  }
}

function supersededDraft({ draft }: Agreement): AgreementVersion[] {
  return draft ? [{ ...draft, state: 'superseded' }] : []
}

function requireDraft(agreement: Agreement, version: number | undefined): AgreementVersion {
  const { id, draft, state } = agreement
  refuseEnded(agreement)
  if (!draft) throw new AgreementConflictError(id, 'has no draft', state)
  if (version !== undefined && version !== draft.version)
    throw new AgreementConflictError(id, `has the draft ${draft.version}, not ${version}`, state)
  return draft
}

function requireState({ id, state }: Agreement, wanted: AgreementState): void {
  if (state !== wanted) throw new AgreementConflictError(id, `is ${state}, not ${wanted}`, state)
}

function refuseEnded({ id, state }: Agreement): void {
  if (state === 'ended') throw new AgreementConflictError(id, 'has ended', state)
}
