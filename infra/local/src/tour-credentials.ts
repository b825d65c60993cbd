import {
  type OfflineAnswer,
  presentCredential,
  readStatusListToken,
  type TrustList,
  verifyOffline,
  verifyReceipt,
} from '@lexchange/credentials'
import { decodeJwt } from 'jose'

import { type ApiAnswer, type ApiCaller, type ClientsFile, callerFor } from './api-caller.ts'
import { until } from './license-feed.ts'
import { syntheticClaims } from './tour-enterprises.ts'

type Step = (sent: string, came: string, milliseconds: number, seen?: number) => void

export type CredentialTour = {
  clients: ClientsFile
  authority: ApiCaller
  tendering: ApiCaller
  step: Step
}

type Verification = {
  verdict: string
  status: string | null
  checks: { check: string; result: string }[]
  receipt?: string
}

/** What a company does not show to everybody, visibly made up. */
export const HIDDEN_CLAIMS = {
  contactPhone: '+8675500000000',
  settlementAccount: 'SYNTHETIC0001',
}

/**
 * What only a credential can do: the company shows what it chooses, somebody without a network checks it, and
 * an auditor proves later what was found.
 */
export async function showCredential(tour: CredentialTour, credential: string): Promise<void> {
  const shown = presentCredential(credential, ['contactPhone'])
  const offline = await checkOffline(tour, shown)
  tour.step(
    'bank in another province: check the credential offline, the company shows contactPhone only',
    `${offline.verdict}, disclosed ${offline.credential?.disclosed.join()}, list ${offline.ageSeconds.statusList} s old`,
    offline.milliseconds,
  )
  expectThat(offline.verdict === 'valid', 'an offline verdict of valid', offline)
  const answer = await verifyCredential(tour, shown)
  const passed = answer.body.checks.filter(({ result }) => result === 'pass')
  tour.step(
    'tendering: the same by API, with a receipt (POST /v1/verifications)',
    `${answer.body.verdict}, passed: ${passed.map(({ check }) => check).join(', ')}`,
    answer.milliseconds,
  )
  expectThat(answer.body.verdict === 'valid', 'verdict valid', answer.body)
  await checkReceipt(tour, answer.body.receipt ?? '')
}

/** A revocation, as the three ways of checking see it: by number, by credential, by status list. */
export async function seeRevocation(
  tour: CredentialTour,
  credential: string,
  byNumber: () => Promise<string>,
): Promise<void> {
  const started = performance.now()
  const shown = presentCredential(credential, [])
  let offline: OfflineAnswer | undefined
  await until(async () => {
    offline = await checkOffline(tour, shown)
    // Suspended, as the list before said, would be invalid too.
    return offline.checks.some(({ code }) => code === 'status-invalid')
  }, 'a status list that has the revocation')
  const byCredential = (await verifyCredential(tour, shown)).body
  const listed = offline?.checks.find(({ check }) => check === 'status')?.code
  tour.step(
    'the revocation, seen by number, by credential and offline by status list',
    `${await byNumber()}; ${byCredential.verdict} ${byCredential.status}; ${offline?.verdict} ${listed}`,
    performance.now() - started,
  )
  expectThat(byCredential.verdict === 'invalid', 'verdict invalid', byCredential)
}

/** At a counter: the holder's QR code, exchanged once by the clerk's system for what the holder chose. */
export async function presentAtCounter(tour: CredentialTour): Promise<void> {
  const { clients, tendering, step } = tour
  const holder = clients.clients.find(({ kind }) => kind === 'holder')
  if (!holder?.holderUscc) return
  const { id, name } = await licenseOfHolder(tour, holder.holderUscc)
  const company = callerFor(clients, holder.clientId)
  const made = await company.call<{ reference: string; qr: string }>(
    'POST',
    `${clients.services.issuer}/v1/licenses/${id}/presentations`,
    { disclose: ['contactPhone'] },
  )
  expectThat(made.status === 201, 'status 201', made)
  step(
    `${name}: show the license as a QR code (POST /v1/licenses/{id}/presentations)`,
    `${made.status}, an SVG of ${made.body.qr.length} characters`,
    made.milliseconds,
  )
  const url = `${clients.services.issuer}/v1/presentations/${made.body.reference}/exchange`
  const taken = await tendering.call<{ credential: string }>('POST', url)
  expectThat(taken.status === 200, 'status 200', taken)
  const again = await tendering.call('POST', url)
  const { verdict } = (await verifyCredential(tour, taken.body.credential)).body
  step(
    'tendering: exchange it and check what it shows (POST /v1/presentations/{reference}/exchange)',
    `${taken.status}, ${verdict}; a second time ${again.status}`,
    taken.milliseconds,
  )
  expectThat(again.status === 410 && verdict === 'valid', 'valid, then 410', again)
}

export async function licenseOfHolder(
  { clients, authority, tendering }: CredentialTour,
  uscc: string,
) {
  const name = `示例持证企业 ${uscc.slice(-4)}`
  const issued = await authority.call<{ license: { id: string } }>(
    'POST',
    `${clients.services.issuer}/v1/licenses`,
    {
      type: 'business-license',
      holder: { kind: 'enterprise', uscc, name },
      validFrom: new Date(Date.now() - 60_000).toISOString(),
      claims: { ...syntheticClaims(name), ...HIDDEN_CLAIMS },
    },
  )
  if (issued.status === 201) return { id: issued.body.license.id, name }
  // Issued by an earlier tour.
  const found = await tendering.call<{ items: { id: string }[] }>(
    'GET',
    `${clients.services.registry}/v1/licenses?holder=${uscc}&status=active`,
  )
  const id = found.body.items[0]?.id
  expectThat(id !== undefined, 'a license of the holder', found)
  return { id: id as string, name }
}

async function verifyCredential(
  { clients, tendering }: CredentialTour,
  credential: string,
): Promise<ApiAnswer<Verification>> {
  const url = `${clients.services.verification}/v1/verifications`
  const request = {
    license: { credential },
    purpose: 'tendering',
    caseRef: 'TOUR-2',
    receipt: true,
  }
  let answer = await tendering.call<Verification>('POST', url, request)
  // The key of the authority, or the license itself, may still be on its way.
  await until(async () => {
    answer = await tendering.call<Verification>('POST', url, request)
    return answer.body.verdict !== 'indeterminate'
  }, 'an answer about the credential')
  expectThat(answer.status === 200, 'status 200', answer)
  return answer
}

async function checkReceipt({ clients, step }: CredentialTour, receipt: string): Promise<void> {
  const started = performance.now()
  const keys = await fetch(`${clients.services.verification}/v1/receipts/keys`)
  const checked = verifyReceipt(receipt, (await keys.json()) as { keys: [] })
  step(
    'auditor: check the receipt with the published keys',
    checked.ok
      ? `it holds: ${checked.value.body.verdict} for ${checked.value.body.caseRef}`
      : `it does not hold: ${checked.detail}`,
    performance.now() - started,
  )
  expectThat(checked.ok, 'a receipt that holds', checked)
}

/** Everything that is needed is fetched first; the check itself asks nobody. */
async function checkOffline(
  { clients, tendering }: CredentialTour,
  credential: string,
): Promise<OfflineAnswer & { milliseconds: number }> {
  const trustUrl = `${clients.services.registry}/v1/trust-list`
  const { body: trustList } = await tendering.call<TrustList>('GET', trustUrl)
  const statusList = await fetchStatusList(clients, credential)
  const now = new Date()
  const started = performance.now()
  const answer = verifyOffline({ credential, statusList, trustList, at: now, now })
  return { ...answer, milliseconds: performance.now() - started }
}

async function fetchStatusList(clients: ClientsFile, credential: string): Promise<string> {
  type Payload = { status: { status_list: { uri: string } } }
  const { uri } = decodeJwt<Payload>(credential.split('~', 1)[0] ?? '').status.status_list
  // From within a network of containers the issuer has another address than its public one.
  const list = await fetch(new URL(new URL(uri).pathname, clients.services.issuer))
  const token = await list.text()
  expectThat(readStatusListToken(token).ok, 'a status list', token.slice(0, 200))
  return token
}

function expectThat(holds: boolean, expected: string, found: unknown): void {
  if (!holds) throw new Error(`expected ${expected}, got ${JSON.stringify(found)}`)
}
