import { type Static, Type } from 'typebox'

import { defineEvent } from './event.ts'
import { LicenseTypeCode, Region } from './license-data.ts'

const Slug = Type.String({ pattern: '^[a-z0-9]+(-[a-z0-9]+)*$', maxLength: 64 })
const Name = Type.String({ minLength: 1, maxLength: 256 })
const Revision = Type.Integer({ minimum: 1, description: 'Grows with every change of this entry' })
const State = Type.Union([Type.Literal('active'), Type.Literal('suspended')])

export const AuthorityEntry = Type.Object({
  id: Slug,
  name: Name,
  uscc: Type.String({ minLength: 18, maxLength: 18 }),
  region: Region,
  licenseTypes: Type.Array(LicenseTypeCode),
  state: State,
  revision: Revision,
})
export type AuthorityEntry = Static<typeof AuthorityEntry>

export const DepartmentEntry = Type.Object({
  id: Slug,
  name: Name,
  kind: Slug,
  region: Region,
  state: State,
  revision: Revision,
})
export type DepartmentEntry = Static<typeof DepartmentEntry>

export const ClientEntry = Type.Object({
  id: Slug,
  name: Name,
  kind: Type.Union([
    Type.Literal('authority'),
    Type.Literal('department'),
    Type.Literal('administrator'),
    Type.Literal('service'),
  ]),
  authorityId: Type.Optional(Slug),
  departmentId: Type.Optional(Slug),
  scopes: Type.Array(Type.String({ maxLength: 64 })),
  state: State,
  revision: Revision,
})
export type ClientEntry = Static<typeof ClientEntry>

/** Public keys that access tokens are checked with; `id` is `oauth`. */
export const KeyEntry = Type.Object({
  id: Slug,
  issuer: Type.String({ maxLength: 2048 }),
  jwks: Type.Object({ keys: Type.Array(Type.Record(Type.String(), Type.Unknown())) }),
  revision: Revision,
})
export type KeyEntry = Static<typeof KeyEntry>

/** Events of the DIRECTORY stream, by kind of entry; the stream keeps the last of each entry. */
export const directoryEvents = {
  authority: defineEvent('directory.authority', 1, AuthorityEntry),
  department: defineEvent('directory.department', 1, DepartmentEntry),
  client: defineEvent('directory.client', 1, ClientEntry),
  key: defineEvent('directory.key', 1, KeyEntry),
} as const

export type DirectoryKind = keyof typeof directoryEvents

/** `lexchange.directory.authority.v1` is `authority`; undefined for any other type or version. */
export function directoryKindOf(type: string): DirectoryKind | undefined {
  return (Object.keys(directoryEvents) as DirectoryKind[]).find(
    (kind) => directoryEvents[kind].type === type,
  )
}

/** NATS subject of a directory entry: `directory.<kind>.<id>`. */
export function directorySubject(kind: DirectoryKind, id: string): string {
  return `directory.${kind}.${id}`
}
