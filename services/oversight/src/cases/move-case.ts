import { recordAudit } from '../audit/index.ts'
import { CaseNotFoundError } from './case.errors.ts'
import { lockCase, recordStep, saveCase } from './case.repository.ts'
import { type Case, type CaseState, moveCase as moved } from './case.ts'
import type { Act, CaseTrx } from './open-case.ts'

/** An officer takes a case up, or decides it. docs/flows/move-case.md */
export async function moveCase(
  trx: CaseTrx,
  id: string,
  { to, reason }: { to: CaseState; reason: string },
  requireVersion: (version: number) => void,
  { by, now }: Act,
): Promise<Case> {
  const subject = await lockCase(trx, id)
  if (!subject) throw new CaseNotFoundError(id)
  requireVersion(subject.version)
  const next = moved(subject, to, now)
  await saveCase(trx, next)
  const detail = { from: subject.state, to }
  await recordStep(trx, id, { action: 'moved', state: to, at: now, by, reason, detail })
  await recordAudit(trx, { at: now, by, action: `case.${to}`, subject: id, detail })
  return next
}
