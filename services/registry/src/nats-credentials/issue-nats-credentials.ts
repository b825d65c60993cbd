import { type AccountKeys, publicKeyOf } from '@lexchange/nats-accounts'
import type { Transaction } from 'kysely'
import { v7 } from 'uuid'

import { recordAudit } from '../audit/index.ts'
import { type Act, DirectoryEntryNotFoundError, findEntry } from '../directory/index.ts'
import { DepartmentSuspendedError, TooManyNatsCredentialsError } from './nats-credential.errors.ts'
import { insertCredential, listExpiries, lockDepartment } from './nats-credential.repository.ts'
import type { NatsCredentialTables } from './nats-credential.tables.ts'
import { endOfLife, MOST_CREDENTIALS, type NatsCredential } from './nats-credential.ts'

/**
 * docs/flows/issue-nats-credentials.md
 * @throws DirectoryEntryNotFoundError, DepartmentSuspendedError, TooManyNatsCredentialsError
 */
export async function issueNatsCredentials(
  trx: Transaction<NatsCredentialTables>,
  keys: AccountKeys,
  departmentId: string,
  seconds: number,
  act: Act,
): Promise<NatsCredential> {
  const department = await findEntry(trx, 'department', departmentId)
  if (!department) throw new DirectoryEntryNotFoundError('department', departmentId)
  if (department.data.state === 'suspended') throw new DepartmentSuspendedError(departmentId)
  await lockDepartment(trx, departmentId)
  const [first, ...others] = await listExpiries(trx, departmentId, act.now)
  if (first && others.length + 1 >= MOST_CREDENTIALS)
    throw new TooManyNatsCredentialsError(MOST_CREDENTIALS, first)

  const id = v7()
  const credential = {
    ...{ id, departmentId, publicKey: publicKeyOf(keys, id), issuedBy: act.by },
    ...{ createdAt: act.now, expiresAt: endOfLife(act.now, seconds) },
  }
  await insertCredential(trx, credential)
  const { publicKey, expiresAt } = credential
  await recordAudit(trx, {
    at: act.now,
    action: 'nats-credential.issued',
    subject: id,
    by: act.by,
    detail: { departmentId, publicKey, expiresAt },
  })
  return { ...credential, revokedAt: null }
}
