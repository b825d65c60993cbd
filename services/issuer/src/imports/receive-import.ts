import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'

import { getLicenseType } from '@lexchange/license'
import type { Kysely } from 'kysely'

import { ImportTooLargeError } from './import.errors.ts'
import { deleteImport, insertImport, insertRows, type NewImport } from './import.repository.ts'
import type { ImportTables } from './import.tables.ts'
import { readCsv } from './read-csv.ts'
import { readNdjson } from './read-ndjson.ts'
import type { ReceivedRow } from './received-row.ts'
import { sealRow } from './sealed-row.ts'

const CHUNK = 500

export type Received = { rows: number; digest: string }

/**
 * Stores what is received in short transactions, because one over the whole upload would hold up the
 * outbox; nothing is worked on before all of it is there. Whatever fails, nothing remains.
 * @returns how many rows, and a digest of the bytes that a repetition is recognised by.
 */
export async function receiveImport(
  db: Kysely<ImportTables>,
  importing: { created: NewImport; key: Uint8Array },
  { format, body, maxBytes }: { format: 'csv' | 'ndjson'; body: Readable; maxBytes: number },
): Promise<Received> {
  const { created, key } = importing
  const hash = createHash('sha256')
  const bytes = take(body, maxBytes, (chunk) => hash.update(chunk))
  const rows =
    format === 'csv' ? readCsv(bytes, getLicenseType(created.type ?? '')) : readNdjson(bytes)
  await insertImport(db, created)
  try {
    const count = await storeRows(db, created.id, sealRows(rows, created.id, key))
    return { rows: count, digest: hash.digest('base64url') }
  } catch (error) {
    await deleteImport(db, created.id).catch(() => {})
    throw error
  }
}

async function storeRows(
  db: Kysely<ImportTables>,
  id: string,
  rows: AsyncIterable<ReceivedRow>,
): Promise<number> {
  let count = 0
  let chunk: ReceivedRow[] = []
  for await (const row of rows) {
    count++
    chunk.push(row)
    if (chunk.length < CHUNK) continue
    await insertRows(db, id, chunk)
    chunk = []
  }
  if (chunk.length > 0) await insertRows(db, id, chunk)
  return count
}

async function* sealRows(
  rows: AsyncIterable<ReceivedRow>,
  importId: string,
  key: Uint8Array,
): AsyncGenerator<ReceivedRow> {
  for await (const row of rows) yield sealRow(row, importId, key)
}

async function* take(
  body: Readable,
  maxBytes: number,
  see: (chunk: Buffer) => void,
): AsyncGenerator<Buffer> {
  let size = 0
  // Destroying the request would reset the connection before the refusal is read.
  for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw new ImportTooLargeError(maxBytes)
    see(chunk)
    yield chunk
  }
}
