import type {
  AgreementEntry,
  AuthorityEntry,
  AuthorityKeysEntry,
  ClientEntry,
  DepartmentEntry,
  KeyEntry,
} from '@lexchange/contracts'

export type DirectoryEntry =
  | { kind: 'authority'; entry: AuthorityEntry }
  | { kind: 'department'; entry: DepartmentEntry }
  | { kind: 'client'; entry: ClientEntry }
  | { kind: 'key'; entry: KeyEntry }
  | { kind: 'authority-keys'; entry: AuthorityKeysEntry }
  | { kind: 'agreement'; entry: AgreementEntry }
