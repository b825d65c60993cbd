import {
  type Asked,
  type AskedFields,
  FieldNotGrantedError,
  fieldNotGranted,
  NoAgreementError,
  pickAgreement,
} from '@lexchange/agreements'
import type { Client } from '@lexchange/auth'
import type { AgreementEntry } from '@lexchange/contracts'
import { RequestInvalidError } from '@lexchange/http-server'
import { findLicenseType } from '@lexchange/license'

import type { Directory } from '../directory/index.ts'
import type { LicenseAt } from '../projection/index.ts'
import { findLicense } from './find-license.ts'
import { look, type Presented } from './look-at-credential.ts'
import { momentOf } from './moment-of.ts'
import type { VerificationRequest } from './verification.schemas.ts'
import { requireKnownFields } from './verification.ts'
import type { VerificationDeps } from './verification-deps.ts'

/** Who asks; a client that is no department has no agreement. */
export type Asker = Pick<Client, 'clientId' | 'departmentId'>

/** A request that an agreement grants, with what was found for it. */
export type Admitted = {
  request: VerificationRequest
  client: Asker
  now: number
  /** The time that is asked about. */
  at: number
  position: number
  agreement: AgreementEntry
  /** By number or id: the license, where there is one. */
  found?: LicenseAt | undefined
  /** By credential. */
  presented?: Presented
}

/** Finds what is asked about and the agreement that grants it: no agreement, no data. */
export function admitRequest(
  deps: VerificationDeps,
  request: VerificationRequest,
  client: Asker,
): Admitted {
  const now = deps.now()
  const at = momentOf(request.at, now)
  // Read before the license, so that the answer is never older than it says.
  const position = deps.projection.position(now)
  const { license } = request
  if ('credential' in license) {
    const presented = look(deps, license.credential, at)
    const agreement = requireForCredential(deps, { request, client, now, presented })
    return { request, client, now, at, position, agreement, presented }
  }
  if (request.holderBinding)
    throw new RequestInvalidError([
      { pointer: '/holderBinding', detail: 'belongs to a credential, which this request has not' },
    ])
  const found = findLicense(deps.projection, license, at)
  const type = 'type' in license ? license.type : found?.license.type
  const agreement = requireForLicense(deps, { request, client, now, type, found })
  return { request, client, now, at, position, agreement, found }
}

type Asking = Pick<Admitted, 'request' | 'client' | 'now'>

function requireForLicense(
  { directory }: VerificationDeps,
  asking: Asking & { type: string | undefined; found: Admitted['found'] },
): AgreementEntry {
  const { request, client, now, type, found } = asking
  const classification = type === undefined ? undefined : findLicenseType(type)?.classification
  const has = (field: string) => !classification || Object.hasOwn(classification, field)
  const fields = {
    match: Object.keys(request.match ?? {}).filter(has),
    disclose: (request.disclose ?? []).filter(has),
  }
  const asked = { purpose: request.purpose, type, region: found?.license.region }
  const agreement = requireAgreement(directory, client, { ...asked, now }, fields)
  // Of a type that the catalogue does not have there is nothing to refuse, unless there is a license.
  if (type === undefined || (!found && !classification)) return agreement
  const refused = fieldNotGranted(agreement, type, fields)
  if (refused !== undefined) throw new FieldNotGrantedError(refused, agreement.id)
  if (classification) requireKnownFields(type, request)
  return agreement
}

/** What a holder presents is the holder's to show: any field, but for a purpose that is agreed. */
function requireForCredential(
  { directory }: VerificationDeps,
  { request, client, now, presented }: Asking & { presented: Presented },
): AgreementEntry {
  const signed = presented.credential?.signed.type
  const type = typeof signed === 'string' ? signed : undefined
  const agreement = requireAgreement(directory, client, { purpose: request.purpose, type, now })
  if (type !== undefined && findLicenseType(type)) requireKnownFields(type, request)
  return agreement
}

/** @throws NoAgreementError */
export function requireAgreement(
  directory: Pick<Directory, 'agreementsOf'>,
  { departmentId }: Pick<Asker, 'departmentId'>,
  asked: Omit<Asked, 'departmentId'>,
  fields?: AskedFields,
): AgreementEntry {
  const agreement =
    departmentId === undefined
      ? undefined
      : pickAgreement(directory.agreementsOf(departmentId), { ...asked, departmentId }, fields)
  if (agreement) return agreement
  const { purpose, type, region } = asked
  throw new NoAgreementError({ departmentId, purpose, type, region })
}
