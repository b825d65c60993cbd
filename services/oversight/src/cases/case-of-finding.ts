import type { FoundFinding } from '../findings/index.ts'
import {
  addFinding,
  findCaseOf,
  lockUndecidedCase,
  recordStep,
  saveCase,
} from './case.repository.ts'
import { extendCase } from './case.ts'
import { type CaseTrx, storeCase } from './open-case.ts'

/** Who opens cases by itself. */
const RULES = 'rules'

/**
 * A finding of severity `high` opens a case by itself, or joins the undecided one of its department: an
 * officer reads one file, not thirty. docs/flows/apply-rules.md
 */
export async function caseOfFinding(
  trx: CaseTrx,
  finding: FoundFinding & { id: string },
  now: Date,
): Promise<void> {
  if (finding.severity !== 'high' || (await findCaseOf(trx as never, finding.id))) return
  const { summary } = finding.evidence
  const undecided = await lockUndecidedCase(trx as never, finding.department)
  if (!undecided) {
    await storeCase(trx, finding.department, [finding.id], summary, { by: RULES, now })
    return
  }
  const extended = extendCase(undecided, now)
  await addFinding(trx, extended.id, finding.id)
  await saveCase(trx, extended)
  await recordStep(trx, extended.id, {
    ...{ action: 'finding-added', state: extended.state, at: now, by: RULES, reason: summary },
    detail: { findings: [finding.id] },
  })
}
