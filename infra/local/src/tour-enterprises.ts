import { randomInt } from 'node:crypto'
import { readFile } from 'node:fs/promises'

import { organisationCodeCheckCharacter, usccCheckCharacter } from '@lexchange/license'
import { parse } from 'csv-parse/sync'

const FILE = new URL('../enterprises.csv', import.meta.url)

/** Claims that the public list does not have, visibly made up. */
export function syntheticClaims(name: string) {
  return {
    name,
    enterpriseType: 'limited-liability-company',
    legalRepresentative: '示例 (synthetic person)',
    registeredCapital: { amount: '1000000.00', currency: 'CNY' },
    establishedOn: '2000-01-01',
    businessScope: '示例经营范围 (synthetic business scope)',
    domicile: '示例路 1 号 (synthetic address)',
  }
}

/** The companies of enterprises.csv as NDJSON lines of an import. */
export async function enterprisesAsNdjson(): Promise<{
  lines: string
  first: string
  count: number
}> {
  const rows = parse(await readFile(FILE), { columns: true, bom: true }) as {
    uscc: string
    name_zh: string
  }[]
  const lines = rows.map(({ uscc, name_zh }) =>
    JSON.stringify({
      type: 'business-license',
      holder: { kind: 'enterprise', uscc, name: name_zh },
      validFrom: '2020-01-01T00:00:00.000Z',
      claims: syntheticClaims(name_zh),
    }),
  )
  return { lines: `${lines.join('\n')}\n`, first: rows[0]?.uscc ?? '', count: rows.length }
}

const CODE_CHARACTERS = '0123456789ABCDEFGHJKLMNPQRTUWXY'

/** A well-formed USCC of a division that no company has, as far as chance can tell. */
export function syntheticUscc(division: string): string {
  const random = Array.from({ length: 8 }, () => CODE_CHARACTERS[randomInt(31)]).join('')
  const base = `91${division}${random}${organisationCodeCheckCharacter(random)}`
  return base + usccCheckCharacter(base)
}
