import { createHash } from 'node:crypto'
import { createReadStream, type Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { Readable } from 'node:stream'

import type { ImportJob } from '../answers.ts'
import type { Api } from '../api.ts'
import { pause } from '../signals.ts'
import { EXIT, UsageError } from './exit-codes.ts'
import type { Print, Progress } from './terminal.ts'

export type ImportOptions = {
  type?: string
  acceptLegacyUscc: boolean
  /** A file that was sent before is sent as another import. */
  again: boolean
}

type Deps = { api: Api; print: Print; signal: AbortSignal }

const MEDIA_TYPES: Record<string, string> = {
  '.csv': 'text/csv',
  '.ndjson': 'application/x-ndjson',
  '.jsonl': 'application/x-ndjson',
}
const UPLOAD_MS = 3_600_000
const POLL_MS = 500
const SHOWN = 20

/**
 * lexchange import FILE: sends it, waits for the job, prints refused rows. The Idempotency-Key is made of the file, so
 * that the same command after an interruption finds the import that it began.
 */
export async function importFile(
  deps: Deps,
  file: string,
  options: ImportOptions,
): Promise<number> {
  const issuer = deps.api.services.issuer
  if (issuer === undefined) throw new UsageError('The file of clients names no issuer')
  const { size } = await requireFile(file)
  const id = await upload(deps, { file, size, url: `${issuer}/v1/imports` }, options)
  deps.print.note(`Import ${id}; Ctrl-C ends the waiting, and the same command goes on with it`)
  const job = await waitFor(deps, `${issuer}/v1/imports/${id}`)
  if (!job) return EXIT.interrupted
  deps.print.answer(job, () => describe(job))
  return job.state === 'done' && job.rejected === 0 ? EXIT.ok : EXIT.notValid
}

async function requireFile(file: string): Promise<Stats> {
  return stat(file).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${file} cannot be read: ${error.code}`)
  })
}

type Upload = { file: string; size: number; url: string }

async function upload({ api, print, signal }: Deps, sent: Upload, options: ImportOptions) {
  const { file, size, url } = sent
  const { type, acceptLegacyUscc, again } = options
  const mediaType = MEDIA_TYPES[extname(file).toLowerCase()]
  if (!mediaType) throw new UsageError(`${file}: its name must end in .csv, .ndjson or .jsonl`)
  const key = again ? crypto.randomUUID() : await keyOf(file, `${type} ${acceptLegacyUscc}`)
  const progress = print.progress(size, 'bytes')
  try {
    const { text, headers } = await api.http.send({
      method: 'POST',
      url,
      query: { type, acceptLegacyUscc: acceptLegacyUscc || undefined },
      headers: { 'content-type': mediaType, 'idempotency-key': key },
      body: () => readCounted(file, progress),
      repeatable: true,
      timeoutMs: UPLOAD_MS,
      signal,
    })
    if (headers.get('idempotency-replayed') === 'true')
      print.note('This file was sent before; --again sends it as another import')
    return (JSON.parse(text) as { id: string }).id
  } finally {
    progress.stop()
  }
}

async function keyOf(file: string, about: string): Promise<string> {
  const hash = createHash('sha256').update(about)
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return `import-${hash.digest('hex')}`
}

function readCounted(file: string, progress: Progress): ReadableStream {
  let sent = 0
  async function* counted() {
    for await (const chunk of createReadStream(file)) {
      sent += (chunk as Buffer).length
      progress.update(sent)
      yield chunk as Buffer
    }
  }
  return Readable.toWeb(Readable.from(counted(), { objectMode: false })) as ReadableStream
}

/** @returns undefined when it was interrupted; the import goes on by itself. */
async function waitFor({ api, print, signal }: Deps, url: string): Promise<ImportJob | undefined> {
  const progress = print.progress(1, 'rows')
  try {
    for (;;) {
      const job = await api.http.json<ImportJob>({ url, repeatable: true, signal })
      progress.update(job.imported + job.rejected, Math.max(1, job.rows))
      if (job.state !== 'running') return job
      await pause(POLL_MS, signal)
    }
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  } finally {
    progress.stop()
  }
}

function describe({ state, rows, imported, rejected, errors, errorsOmitted }: ImportJob): string[] {
  const shown = errors.slice(0, SHOWN)
  const left = errors.length + errorsOmitted - shown.length
  return [
    `${state}: ${rows} rows, ${imported} imported, ${rejected} rejected`,
    ...shown.map(({ row, pointer, detail }) => `row ${row}: ${pointer} ${detail}`),
    ...(left > 0 ? [`${left} more: --json shows them`] : []),
  ]
}
