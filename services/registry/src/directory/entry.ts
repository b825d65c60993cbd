import type {
  AgreementEntry,
  AuthorityEntry,
  AuthorityKeysEntry,
  ClientEntry,
  DepartmentEntry,
  KeyEntry,
} from '@lexchange/contracts'

/** What the directory holds, by kind; each entry without the revision it is published with. */
export type EntryData = {
  authority: Omit<AuthorityEntry, 'revision'>
  department: Omit<DepartmentEntry, 'revision'>
  client: Omit<ClientEntry, 'revision'>
  key: Omit<KeyEntry, 'revision'>
  'authority-keys': Omit<AuthorityKeysEntry, 'revision'>
  agreement: Omit<AgreementEntry, 'revision'>
}

export type EntryKind = keyof EntryData

export type PublicKeyJwk = Readonly<Record<string, unknown>>

export type Entry<Kind extends EntryKind = EntryKind> = {
  kind: Kind
  /** From 1; grows with every change. */
  revision: number
  data: EntryData[Kind]
  /** Key of a client, for its assertions. */
  publicKey: PublicKeyJwk | null
  createdAt: Date
  updatedAt: Date
}

/** Scopes that a client may be allowed, by its kind. */
export const SCOPES: Readonly<Record<ClientEntry['kind'], readonly string[]>> = {
  authority: ['license:issue', 'license:read'],
  department: ['license:read', 'license:verify', 'subscription:manage'],
  administrator: ['directory:admin', 'oversight:read', 'oversight:act', 'projection:read'],
  service: ['projection:read'],
  holder: ['holder:read'],
}

/** All scopes there are. */
export const ALL_SCOPES: readonly string[] = [...new Set(Object.values(SCOPES).flat())]
