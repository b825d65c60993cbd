import { openValue, sealValue } from '@lexchange/encryption'

import type { ReceivedRow } from './received-row.ts'

const place = (importId: string, row: number) => ({
  licenseId: importId,
  version: row,
  field: 'content',
})

/** A row as it is stored: whatever it holds, none of it can be read without the key of the import. */
export function sealRow(received: ReceivedRow, importId: string, key: Uint8Array): ReceivedRow {
  const { row, content } = received
  if (content === undefined) return received
  return { row, content: sealValue(key, place(importId, row), content) }
}

/** @throws EncryptionUnavailableError */
export function openRow(stored: ReceivedRow, importId: string, key: Uint8Array): ReceivedRow {
  const { row, content } = stored
  if (content === undefined) return stored
  return { row, content: openValue(key, place(importId, row), content) as string }
}
