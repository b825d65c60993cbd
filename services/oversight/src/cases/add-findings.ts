import { recordAudit } from '../audit/index.ts'
import { CaseFindingsInvalidError, CaseNotFoundError } from './case.errors.ts'
import { lockCase, recordStep, saveCase } from './case.repository.ts'
import { type Case, extendCase } from './case.ts'
import { type Act, type CaseTrx, requireAdded, requireFindings } from './open-case.ts'

/** docs/flows/add-findings.md */
export async function addFindings(
  trx: CaseTrx,
  id: string,
  findings: readonly string[],
  note: string,
  { by, now }: Act,
): Promise<Case> {
  const subject = await lockCase(trx, id)
  if (!subject) throw new CaseNotFoundError(id)
  const known = await requireFindings(trx, findings)
  const stranger = known.findIndex(({ department }) => department !== subject.department)
  if (stranger >= 0)
    throw new CaseFindingsInvalidError(stranger, 'concerns another department than the case')
  const extended = extendCase(subject, now)
  for (const finding of findings) await requireAdded(trx, id, finding)
  await saveCase(trx, extended)
  const detail = { findings }
  await recordStep(trx, id, {
    ...{ action: 'finding-added', state: extended.state, at: now, by, reason: note, detail },
  })
  await recordAudit(trx, { at: now, by, action: 'case.extended', subject: id, detail })
  return extended
}
