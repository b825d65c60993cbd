import { createReadStream } from 'node:fs'

import { parse } from 'csv-parse'

import type { VerificationAnswer, VerificationRequest, VerifiedItem } from '../answers.ts'
import type { LexchangeClient } from '../client.ts'
import { countRecords } from './csv-records.ts'
import { EXIT, UsageError } from './exit-codes.ts'
import { openResultFile, type ResultFile, type Row, toCell } from './result-file.ts'
import type { Print } from './terminal.ts'

export type ListOptions = {
  file: string
  out: string
  purpose: string
  caseRef: string
  /** Type of the licenses, where the list has no column `type`. */
  type?: string
  /** Column that holds the number. */
  number: string
  at?: string
  /** [column, field] */
  match: readonly (readonly [string, string])[]
  disclose: readonly string[]
  batch: number
  concurrency: number
}

type Deps = { client: LexchangeClient; print: Print; signal: AbortSignal }
type Counts = Record<'rows' | 'valid' | 'invalid' | 'unknown' | 'indeterminate' | 'refused', number>

/** Checks every row of a list. A run that was interrupted, in whatever way, is gone on with by the same command. */
export async function verifyList(deps: Deps, options: ListOptions): Promise<number> {
  const counts = { rows: 0, valid: 0, invalid: 0, unknown: 0, indeterminate: 0, refused: 0 }
  const total = await countRows(options.file)
  let last: Record<string, string> | undefined
  const result = await openResultFile(options.out, columnsOf(options), (row) => {
    last = row
    count(counts, row)
  })
  const done = { rows: result.done, last }
  if (done.rows > 0) deps.print.note(`${options.out} has ${done.rows} rows: going on behind them`)
  try {
    await checkRows(deps, options, { total, done, result, counts })
  } finally {
    await result.close()
  }
  const interrupted = counts.rows < total && deps.signal.aborted
  deps.print.answer({ ...counts, out: options.out, complete: !interrupted }, () => [
    Object.entries(counts)
      .map(([name, value]) => `${value} ${name}`)
      .join(', '),
    ...(interrupted ? ['Interrupted: the same command goes on from here'] : []),
  ])
  if (interrupted) return EXIT.interrupted
  return counts.valid === counts.rows ? EXIT.ok : EXIT.notValid
}

type Done = { rows: number; last: Record<string, string> | undefined }
type Work = { total: number; done: Done; result: ResultFile; counts: Counts }

async function checkRows({ client, print, signal }: Deps, options: ListOptions, work: Work) {
  const { total, done, result, counts } = work
  const progress = print.progress(total, 'rows')
  try {
    const requests = readRequests(options, done, signal)
    const { batch, concurrency } = options
    for await (const item of client.verifyMany(requests, { batch, concurrency })) {
      const row = toRow(counts.rows + 1, item)
      count(counts, row)
      await result.add(row)
      progress.update(counts.rows)
    }
  } finally {
    progress.stop()
  }
}

async function countRows(file: string): Promise<number> {
  const { whole, rest } = await countRecords(file).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${file} cannot be read: ${error.code}`)
  })
  const rows = whole + (rest ? 1 : 0) - 1
  if (rows < 0) throw new UsageError(`${file} is empty: a header is wanted, then a row a license`)
  return rows
}

/** Ends early when Ctrl-C was pressed: what is under way is still written. */
async function* readRequests(
  options: ListOptions,
  done: Done,
  signal: AbortSignal,
): AsyncGenerator<VerificationRequest, void, undefined> {
  const parser = parse({ bom: true, relax_column_count: true, skip_empty_lines: true, trim: true })
  const input = createReadStream(options.file)
  input.on('error', (error) => parser.destroy(error))
  let header: string[] | undefined
  let row = 0
  try {
    for await (const record of input.pipe(parser) as AsyncIterable<string[]>) {
      if (signal.aborted) return
      if (!header) {
        header = requireColumns(options, record)
        continue
      }
      const cells = new Map(header.map((name, index) => [name, record[index] ?? '']))
      row += 1
      if (row > done.rows) yield toRequest(options, cells)
      else if (row === done.rows) requireSame(options, cells, done.last)
    }
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    throw code.startsWith('CSV_') ? new UsageError(`${options.file}: ${message}`) : error
  } finally {
    input.destroy()
  }
}

function requireColumns(options: ListOptions, header: string[]): string[] {
  const wanted = [options.number, ...options.match.map(([column]) => column)]
  if (!options.type) wanted.push('type')
  const missing = wanted.filter((name) => !header.includes(name))
  if (missing.length > 0)
    throw new UsageError(
      `${options.file} has no column ${missing.join(', ')}; it has ${header.join(', ')}`,
    )
  return header
}

function requireSame(options: ListOptions, cells: Map<string, string>, last: Done['last']): void {
  if (toCell(cells.get(options.number)) === last?.number) return
  throw new UsageError(`${options.out} is the result of another list: name another file`)
}

function toRequest(options: ListOptions, cells: Map<string, string>): VerificationRequest {
  const { purpose, caseRef, at, disclose } = options
  const match = options.match
    .map(([column, field]) => [field, cells.get(column) ?? ''] as const)
    .filter(([, text]) => text !== '')
    .map(([field, text]) => [field, toValue(text)])
  return {
    license: {
      type: cells.get('type') || options.type || '',
      number: cells.get(options.number) ?? '',
    },
    purpose,
    caseRef,
    ...(at !== undefined && { at }),
    ...(match.length > 0 && { match: Object.fromEntries(match) }),
    ...(disclose.length > 0 && { disclose: [...disclose] }),
  }
}

/** As imports have it: money is `1000.00 CNY`, what is not a text is JSON. */
function toValue(text: string): unknown {
  const money = /^(\d+(?:\.\d+)?) ([A-Z]{3})$/.exec(text)
  if (money) return { amount: money[1], currency: money[2] }
  if (!/^[[{]/.test(text)) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const ANSWERED = ['verdict', 'status', 'version', 'validFrom', 'validUntil', 'asOf'] as const

function columnsOf({ match, disclose }: ListOptions): string[] {
  return [
    'row',
    'type',
    'number',
    ...ANSWERED,
    ...match.map(([, field]) => `match.${field}`),
    ...disclose.map((field) => `disclosed.${field}`),
    'problem',
    'detail',
    'verificationId',
  ]
}

function toRow(row: number, { request, answer, problem }: VerifiedItem): Row {
  const license = request.license as { type: string; number: string }
  if (problem) {
    const { type, detail = '', errors = [] } = problem
    const faults = errors.map((fault) => `${fault.pointer} ${fault.detail}`)
    const code = type.slice(type.lastIndexOf(':') + 1)
    return { row, ...license, problem: code, detail: [detail, ...faults].join('; ') }
  }
  return { row, ...license, ...pick(answer) }
}

function pick(answer: VerificationAnswer): Row {
  const named = (prefix: string, values: Readonly<Record<string, unknown>> = {}) =>
    Object.entries(values).map(([field, value]) => [`${prefix}.${field}`, value])
  return {
    ...Object.fromEntries(ANSWERED.map((name) => [name, answer[name]])),
    ...Object.fromEntries(named('match', answer.match)),
    ...Object.fromEntries(named('disclosed', answer.disclosed)),
    verificationId: answer.verificationId,
  }
}

function count(counts: Counts, { verdict }: Row): void {
  counts.rows += 1
  const known = typeof verdict === 'string' && verdict in counts
  counts[known ? (verdict as 'valid') : 'refused'] += 1
}
