import type { AccessDraft } from '@lexchange/access-records'
import { pickAgreement } from '@lexchange/agreements'
import type { Client } from '@lexchange/auth'
import type { AccessAction, AgreementEntry } from '@lexchange/contracts'

import type { LicenseState } from './license-view.ts'

export type Read = {
  client: Client
  action: AccessAction
  now: Date
  agreement?: string | undefined
  /** The slug of the problem that the read was refused with. */
  refused?: string | undefined
}

/** What is asked for where no license was found: only what can be one. */
export type AskedFor = {
  id?: string | undefined
  type?: string | undefined
  region?: string | undefined
  holder?: string | undefined
}

const FIELDS = 64

/** The record of a license that is shown; of a history no claim is disclosed. */
export function readRecord(read: Read, license: LicenseState): AccessDraft {
  const { id, type, number, region, holder, claims } = license
  const shown = read.action === 'history' || read.refused !== undefined ? {} : claims
  return {
    ...recordOf(read),
    license: { id, type, number },
    region,
    holder: usccOf(holder),
    disclosed: Object.keys((shown ?? {}) as object).slice(0, FIELDS),
  }
}

/** The record of what found no license, or of what was refused before one was looked for. */
export function emptyRecord(read: Read, asked: AskedFor): AccessDraft {
  const { id = null, type = null, region = null, holder = null } = asked
  return { ...recordOf(read), license: { id, type, number: null }, region, holder, disclosed: [] }
}

/** Each license that a search shows, so that its holder sees who found it; or that it found none. */
export function foundRecords(
  read: Read,
  found: readonly LicenseState[],
  asked: AskedFor,
  granted: readonly AgreementEntry[] | undefined,
): AccessDraft[] {
  const first = granted?.[0]?.id
  if (found.length === 0) return [emptyRecord({ ...read, agreement: first }, asked)]
  const departmentId = read.client.departmentId ?? ''
  return found.map((license) => {
    const { type, region } = license
    const now = read.now.getTime()
    const own = pickAgreement(granted ?? [], { departmentId, type, region, now })
    return readRecord({ ...read, agreement: own?.id ?? first }, license)
  })
}

function recordOf({ client, action, now, agreement, refused }: Read) {
  return {
    at: now.toISOString(),
    department: client.departmentId ?? null,
    client: client.clientId,
    action,
    matched: [],
    purpose: null,
    caseRef: null,
    agreement: agreement ?? null,
    outcome: refused ?? 'answered',
    refused: refused !== undefined,
    receipt: false,
    verificationId: null,
  }
}

function usccOf(holder: unknown): string | null {
  return (holder as { uscc?: string } | null)?.uscc ?? null
}
