import type { Kysely } from 'kysely'

import {
  type DirectoryTables,
  type EntryData,
  entitlementsOf,
  listEntries,
} from '../directory/index.ts'

const PAGE = 200

/** Every authority whose keys are known, with what it was ever entitled to. docs/flows/get-trust-list.md */
export async function listIssuers(db: Kysely<DirectoryTables>) {
  const authorities = new Map(
    (await listAll(db, 'authority')).map((authority) => [authority.id, authority]),
  )
  return (await listAll(db, 'authority-keys')).flatMap(({ id, issuer, jwks }) => {
    const authority = authorities.get(id)
    if (!authority) return []
    const entitlements = entitlementsOf(authority)
    return [{ issuer, authorityId: id, name: authority.name, jwks, entitlements }]
  })
}

async function listAll<Kind extends 'authority' | 'authority-keys'>(
  db: Kysely<DirectoryTables>,
  kind: Kind,
): Promise<EntryData[Kind][]> {
  const found: EntryData[Kind][] = []
  for (;;) {
    const page = await listEntries(db, kind, { after: found.at(-1)?.id, limit: PAGE })
    found.push(...page.map(({ data }) => data))
    if (page.length < PAGE) return found
  }
}
