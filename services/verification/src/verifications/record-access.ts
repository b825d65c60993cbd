import type { AccessDraft } from '@lexchange/access-records'

import type { VerificationDeps } from './verification-deps.ts'

/** Resolves when the records are on disk. @throws AccessRecordNotDurableError */
export function recordAccess(
  { access }: Pick<VerificationDeps, 'access'>,
  drafts: readonly AccessDraft[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = drafts.length
    let failure: unknown
    if (left === 0) resolve()
    for (const draft of drafts)
      access.add(draft, (error) => {
        failure ??= error
        if (--left > 0) return
        if (failure === undefined) resolve()
        else reject(failure)
      })
  })
}
