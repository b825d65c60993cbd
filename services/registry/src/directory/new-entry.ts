import type { Static } from 'typebox'
import { v7 } from 'uuid'

import type { NewAuthority, NewClient, NewDepartment } from './directory.schemas.ts'
import type { EntryData } from './entry.ts'

/** An id that nobody gave is a UUID. */
export function newAuthority({
  id = v7(),
  ...authority
}: Static<typeof NewAuthority>): EntryData['authority'] {
  return { id, ...authority, state: 'active' }
}

export function newDepartment({
  id = v7(),
  ...department
}: Static<typeof NewDepartment>): EntryData['department'] {
  return { id, ...department, state: 'active' }
}

export function newClient({
  clientId = v7(),
  publicKeyJwk: _key,
  ...client
}: Static<typeof NewClient>): EntryData['client'] {
  return { id: clientId, ...client, state: 'active' }
}
