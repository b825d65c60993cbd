import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createClaimKeys } from '@lexchange/local'

/** Keys that nothing is encrypted with. */
export function temporaryKeyring(): string {
  const file = join(mkdtempSync(join(tmpdir(), 'lexchange-keyring-')), 'keys.json')
  writeFileSync(file, JSON.stringify(createClaimKeys()), { mode: 0o600 })
  return file
}
