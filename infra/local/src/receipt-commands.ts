import { readFileSync, renameSync, writeFileSync } from 'node:fs'

import { hashRequest, verifyReceipt } from '@lexchange/credentials'
import type { JWK } from 'jose'

import { createReceiptKeys } from './first-directory.ts'

type Receipt = { receipt: string; jwks: { keys: [] }; request: unknown }

/** Says whether a receipt holds, and what it says; asks nobody. */
export async function checkReceipt({ receipt, jwks, request }: Receipt): Promise<number> {
  const checked = verifyReceipt(receipt, jwks)
  if (!checked.ok) {
    console.log(`The receipt does not hold: ${checked.detail} (${checked.code})`)
    return 1
  }
  const { body, kid } = checked.value
  console.log(JSON.stringify(body, null, 2))
  if (request !== undefined && hashRequest(request) !== body.requestHash) {
    console.log('The receipt holds, but is of another request')
    return 1
  }
  console.log(`The receipt holds, signed by the key ${kid}`)
  return 0
}

/** Puts a new key in front, which signs after the next start; of the others only the public part is kept. */
export async function rotateReceiptKeys(file: string): Promise<number> {
  const { keys } = JSON.parse(readFileSync(file, 'utf8')) as { keys: JWK[] }
  const [fresh] = (await createReceiptKeys()).keys
  const published = keys.map(({ d: _private, ...publicPart }) => publicPart)
  // Renamed when complete, so that a kill leaves the old file or the new one.
  const text = JSON.stringify({ keys: [fresh, ...published] }, null, 2)
  writeFileSync(`${file}.new`, text, { mode: 0o600 })
  renameSync(`${file}.new`, file)
  console.log(`The key ${fresh?.kid} signs receipts when verification is started again`)
  return 0
}
