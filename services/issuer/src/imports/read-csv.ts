import type { LicenseType } from '@lexchange/license'
import { csvRecords } from './csv-records.ts'
import { ImportHeaderInvalidError } from './import.errors.ts'
import type { ReceivedRow } from './received-row.ts'

const COLUMNS = ['uscc', 'name', 'number', 'region', 'validFrom', 'validUntil', 'issuedAt']
const REQUIRED = ['uscc', 'name']
const CLAIM = 'claims.'

/**
 * Rows of a CSV as issue requests, numbered from 1 without the header. An empty cell is a member that
 * is left out. Money may be `1000.00 CNY`, a list of texts `one; two`; both may be JSON.
 * @throws ImportHeaderInvalidError
 */
export async function* readCsv(
  bytes: AsyncIterable<Buffer>,
  licenseType: LicenseType,
): AsyncGenerator<ReceivedRow> {
  let columns: string[] | undefined
  let row = 0
  for await (const { cells, fault } of csvRecords(bytes)) {
    if (columns === undefined) {
      columns = readHeader(cells ?? [], licenseType)
      continue
    }
    row++
    yield cells ? readCells(row, cells, columns, licenseType) : { row, fault }
  }
}

function readHeader(cells: readonly string[], { classification }: LicenseType): string[] {
  const columns = cells.map((cell) => cell.trim())
  const isColumn = (name: string) =>
    COLUMNS.includes(name) ||
    (name.startsWith(CLAIM) && Object.hasOwn(classification, name.slice(CLAIM.length)))
  const faults = [
    ...columns
      .filter((name) => !isColumn(name))
      .map((name) => `has a column ${JSON.stringify(name.slice(0, 64))}, which is not known`),
    ...columns
      .filter((name, index) => columns.indexOf(name) !== index)
      .map((name) => `has the column ${name.slice(0, 64)} twice`),
    ...REQUIRED.filter((name) => !columns.includes(name)).map((name) => `has no column ${name}`),
  ]
  if (faults.length > 0) throw new ImportHeaderInvalidError(faults.slice(0, 20))
  return columns
}

function readCells(
  row: number,
  cells: readonly string[],
  columns: readonly string[],
  licenseType: LicenseType,
): ReceivedRow {
  if (cells.length !== columns.length)
    return { row, fault: `has ${cells.length} cells, and the header has ${columns.length}` }
  const filled = columns
    .map((name, index) => [name, cells[index]?.trim() ?? ''] as const)
    .filter(([, value]) => value !== '')
  const { uscc, name, ...members } = Object.fromEntries(
    filled.filter(([column]) => !column.startsWith(CLAIM)),
  )
  const claims = Object.fromEntries(
    filled
      .filter(([column]) => column.startsWith(CLAIM))
      .map(([column, value]) => {
        const claim = column.slice(CLAIM.length)
        return [claim, readClaim(value, licenseType.claims.properties[claim])]
      }),
  )
  const holder = { kind: 'enterprise', uscc, name }
  return { row, content: JSON.stringify({ ...members, holder, claims }) }
}

/** What does not look like its kind stays a text, and is refused as a claim later. */
function readClaim(value: string, schema: unknown): unknown {
  const { type } = schema as { type?: string }
  if (type !== 'object' && type !== 'array') return value
  if (/^[[{]/.test(value)) {
    try {
      return JSON.parse(value)
    } catch {
      return value
    }
  }
  if (type === 'array') return value.split(';').map((item) => item.trim())
  const [, amount, currency] = /^([0-9.]+) ([A-Z]{3})$/.exec(value) ?? []
  return amount === undefined ? value : { amount, currency }
}
