import { type Static, Type } from 'typebox'

import { AgreementEntry } from './agreement-entry.ts'
import { defineEvent } from './event.ts'
import { LicenseTypeCode, Region, Slug, Time } from './license-data.ts'

const Name = Type.String({ minLength: 1, maxLength: 256 })
const Revision = Type.Integer({ minimum: 1, description: 'Grows with every change of this entry' })
const State = Type.Union([Type.Literal('active'), Type.Literal('suspended')])

const Jwks = Type.Object({ keys: Type.Array(Type.Record(Type.String(), Type.Unknown())) })

/** What an authority was entitled to issue in a span of time: from `from` until before `to`. */
export const Entitlement = Type.Object({
  from: Time,
  to: Type.Union([Time, Type.Null()]),
  licenseTypes: Type.Array(LicenseTypeCode),
  region: Region,
})
export type Entitlement = Static<typeof Entitlement>

export const AuthorityEntry = Type.Object({
  id: Slug,
  name: Name,
  uscc: Type.String({ minLength: 18, maxLength: 18 }),
  region: Region,
  licenseTypes: Type.Array(LicenseTypeCode),
  state: State,
  entitlements: Type.Optional(
    Type.Array(Entitlement, { description: 'Every span in which it was active, oldest first' }),
  ),
  foreign: Type.Optional(
    Type.Literal(true, {
      description: 'It issues in another exchange: LICENSES does not carry its licenses',
    }),
  ),
  revision: Revision,
})
export type AuthorityEntry = Static<typeof AuthorityEntry>

export const DepartmentEntry = Type.Object({
  id: Slug,
  name: Name,
  kind: Slug,
  region: Region,
  state: State,
  throttle: Type.Optional(
    Type.Object(
      { perMinute: Type.Integer({ minimum: 1, maximum: 1_000_000 }) },
      { description: 'A measure of oversight: no more checks a minute than this' },
    ),
  ),
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
    Type.Literal('holder'),
  ]),
  authorityId: Type.Optional(Slug),
  departmentId: Type.Optional(Slug),
  holderUscc: Type.Optional(
    Type.String({ minLength: 18, maxLength: 18, description: 'Of a holder: the enterprise' }),
  ),
  scopes: Type.Array(Type.String({ maxLength: 64 })),
  tokenBinding: Type.Optional(
    Type.Union([Type.Literal('dpop'), Type.Literal('mtls'), Type.Literal('either')], {
      description:
        'What its access tokens must be bound to: a key (RFC 9449), a certificate (RFC 8705), or either',
    }),
  ),
  state: State,
  revision: Revision,
})
export type ClientEntry = Static<typeof ClientEntry>

/** Public keys that access tokens are checked with; `id` is `oauth`. */
export const KeyEntry = Type.Object({
  id: Slug,
  issuer: Type.String({ maxLength: 2048 }),
  jwks: Jwks,
  revision: Revision,
})
export type KeyEntry = Static<typeof KeyEntry>

const authorityKeys = {
  issuer: Type.String({
    format: 'uri',
    maxLength: 2048,
    description: 'The `iss` of its credentials',
  }),
  jwks: Type.Object(Jwks.properties, {
    description:
      'Every key it has ever signed with. `nbf` says from when a key signs; `revoked.revoked_at` (both in seconds) from when on nothing that it signed is trusted.',
  }),
}

/** Public keys that an authority signs credentials and status lists with; `id` is the authority's. */
export const AuthorityKeysEntry = Type.Object({ id: Slug, ...authorityKeys, revision: Revision })
export type AuthorityKeysEntry = Static<typeof AuthorityKeysEntry>

/** What an issuer announces on ISSUANCE when the keys of an authority have changed. */
export const AuthorityKeys = Type.Object({ authorityId: Slug, region: Region, ...authorityKeys })
export type AuthorityKeys = Static<typeof AuthorityKeys>

/** The event on `issuance.<region>.authority.keys`. */
export const authorityKeysEvent = defineEvent('authority.keys', 1, AuthorityKeys)

/** NATS subject of the announcement: `issuance.<region>.authority.keys`. */
export function authorityKeysSubject(region: string): string {
  return `issuance.${region}.authority.keys`
}

/** Events of the DIRECTORY stream, by kind of entry; the stream keeps the last of each entry. */
export const directoryEvents = {
  authority: defineEvent('directory.authority', 1, AuthorityEntry),
  department: defineEvent('directory.department', 1, DepartmentEntry),
  client: defineEvent('directory.client', 1, ClientEntry),
  key: defineEvent('directory.key', 1, KeyEntry),
  'authority-keys': defineEvent('directory.authority-keys', 1, AuthorityKeysEntry),
  agreement: defineEvent('directory.agreement', 1, AgreementEntry),
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
