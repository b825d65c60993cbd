import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createClaimKeys } from '@lexchange/local'

/** Keys that nothing is encrypted with. */
export function temporaryKeyring(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lexchange-keyring-'))
  process.once('exit', () => rmSync(folder, { recursive: true }))
  const file = join(folder, 'keys.json')
  writeFileSync(file, JSON.stringify(createClaimKeys()), { mode: 0o600 })
  return file
}
