import { CaseStateConflictError } from './case.errors.ts'

export type CaseState = 'open' | 'investigating' | 'substantiated' | 'dismissed'

export type Case = {
  id: string
  department: string
  state: CaseState
  version: number
  openedAt: Date
  updatedAt: Date
}

const NEXT: Readonly<Record<CaseState, readonly CaseState[]>> = {
  open: ['investigating'],
  investigating: ['substantiated', 'dismissed'],
  substantiated: [],
  dismissed: [],
}

export function openCase(department: string, id: string, now: Date): Case {
  return { id, department, state: 'open', version: 1, openedAt: now, updatedAt: now }
}

/** @throws CaseStateConflictError */
export function moveCase(subject: Case, to: CaseState, now: Date): Case {
  if (!NEXT[subject.state].includes(to))
    throw new CaseStateConflictError(subject.id, subject.state, `become ${to}`)
  return { ...subject, state: to, version: subject.version + 1, updatedAt: now }
}

/** Findings are added while nothing is decided. @throws CaseStateConflictError */
export function extendCase(subject: Case, now: Date): Case {
  if (subject.state !== 'open' && subject.state !== 'investigating')
    throw new CaseStateConflictError(subject.id, subject.state, 'get more findings')
  return { ...subject, version: subject.version + 1, updatedAt: now }
}

/** What cannot wait until a case is decided. */
const INTERIM = new Set(['throttle', 'suspend'])

/** @throws CaseStateConflictError */
export function orderMeasureIn(subject: Case, kind: string, now: Date): Case {
  const allowed =
    subject.state === 'substantiated' || (subject.state === 'investigating' && INTERIM.has(kind))
  if (!allowed) throw new CaseStateConflictError(subject.id, subject.state, `have ${kind} ordered`)
  return { ...subject, version: subject.version + 1, updatedAt: now }
}
