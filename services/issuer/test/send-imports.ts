import { importBatch } from '../src/imports/index.ts'
import { application } from './applications.ts'
import type { TestIssuer } from './start-issuer.ts'

export const COLUMNS = 'uscc,name,number,region,validFrom,validUntil,issuedAt'
export const CLAIM_COLUMNS =
  'claims.name,claims.enterpriseType,claims.legalRepresentative,claims.registeredCapital,claims.establishedOn,claims.businessScope,claims.domicile'
export const CLAIM_CELLS =
  '示例,limited-liability-company,示例,1000000.00 CNY,2000-01-01,"示例, ""经营""\r\n范围",示例路 1 号'

type Options = NonNullable<Parameters<TestIssuer['post']>[2]>

export type Imports = ReturnType<typeof importsOf>

export const row = (changes: Record<string, unknown> = {}) =>
  application({ validFrom: '2020-01-01T00:00:00Z', ...changes })

const lineOf = (line: unknown) => (typeof line === 'string' ? line : JSON.stringify(line))

/** Sends imports to an issuer, and works on them when the test says so. */
export function importsOf(issuer: TestIssuer) {
  function send(
    format: 'csv' | 'x-ndjson',
    body: unknown,
    query = '?type=business-license',
    options: Options = {},
  ) {
    const type = format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson'
    const headers = { 'content-type': type, ...options.headers }
    return issuer.post(`/v1/imports${query}`, body, { as: 'national', ...options, headers })
  }

  const sendLines = (lines: unknown[], query?: string, options?: Options) =>
    send('x-ndjson', lines.map(lineOf).join('\n'), query, options)

  async function work(limit?: number) {
    while (await importBatch(issuer.deps, limit));
  }

  const result = async (id: string, as: 'national' | 'shenzhen' = 'national') =>
    (await issuer.get(`/v1/imports/${id}`, { as })).body

  async function imported(lines: unknown[], query?: string) {
    const { body } = await sendLines(lines, query)
    await work()
    return result(body.id)
  }

  return { send, sendLines, work, result, imported }
}
