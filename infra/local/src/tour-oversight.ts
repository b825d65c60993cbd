import { exportJWK, generateKeyPair } from 'jose'

import { type ApiAnswer, type ApiCaller, type ClientsFile, callerFor } from './api-caller.ts'
import { until } from './license-feed.ts'
import { type CredentialTour, HIDDEN_CLAIMS, licenseOfHolder } from './tour-credentials.ts'

/** A department that the tour makes for itself, because it is stopped in the end. */
const BUREAU = 'example-bureau'

/** As many numbers that nobody has issued are no accident: the rule wants 40 in a row. */
const GUESSES = 100

type Place = { tour: CredentialTour; uscc: string; bureau: ApiCaller; officer: ApiCaller }

/**
 * Who may see what: one field refused, one matched, one disclosed; the holder sees who looked; and a
 * department that looks at far more than its work needs is found and stopped.
 */
export async function watchUse(tour: CredentialTour): Promise<void> {
  const { clients } = tour
  const holder = clients.clients.find(({ kind }) => kind === 'holder')
  if (!holder?.holderUscc) return
  await licenseOfHolder(tour, holder.holderUscc)
  const bureau = await agree(tour)
  const place = {
    tour,
    uscc: holder.holderUscc,
    bureau,
    officer: callerFor(clients, 'administrator-1'),
  }
  await askForFields(place)
  await showHolder(place, callerFor(clients, holder.clientId))
  await findOveruse(place)
}

/** Registers the department, if it is not there, and its agreement: drafted by one, approved by another. */
async function agree({ clients, step }: CredentialTour): Promise<ApiCaller> {
  const { registry } = clients.services
  const [first, second] = ['administrator-1', 'administrator-2'].map((id) =>
    callerFor(clients, id),
  ) as [ApiCaller, ApiCaller]
  const department = { id: BUREAU, name: 'Example Bureau', kind: 'tendering', region: '440300' }
  const made = await first.call('POST', `${registry}/v1/departments`, department)
  if (made.status === 409)
    await first.call('PATCH', `${registry}/v1/departments/${BUREAU}`, {
      state: 'active',
      throttle: null,
    })
  const bureau = await newClient(clients, first)
  const terms = {
    id: BUREAU,
    departmentId: BUREAU,
    purpose: 'tendering',
    legalBasis: { text: 'Bidders prove that they exist', reference: 'Tendering Law, Article 26' },
    licenseTypes: ['business-license'],
    regions: ['440000'],
    disclose: ['name', 'businessScope'],
    match: ['legalRepresentative'],
    quota: { perDay: 10_000 },
  }
  const drafted = await first.call('POST', `${registry}/v1/agreements`, terms)
  const url = `${registry}/v1/agreements/${BUREAU}`
  const alone = await first.call('POST', `${url}/approve`)
  const approved = await second.call('POST', `${url}/approve`)
  const { body } = await first.call<{ state: string; version: number }>('GET', url)
  step(
    `two administrators: an agreement for ${BUREAU} (POST /v1/agreements, …/approve)`,
    `drafted ${drafted.status}, approved by the same ${alone.status}, by the second ${approved.status}; ${body.state}, version ${body.version}`,
    drafted.milliseconds + approved.milliseconds,
  )
  expectThat(body.state === 'active', 'an agreement that is in force', approved)
  return bureau
}

async function newClient(clients: ClientsFile, administrator: ApiCaller): Promise<ApiCaller> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const clientId = `${BUREAU}-${crypto.randomUUID().slice(0, 8)}`
  const about = {
    clientId,
    name: 'Example Bureau',
    kind: 'department',
    departmentId: BUREAU,
    scopes: ['license:verify'],
  }
  const url = `${clients.services.registry}/v1/clients`
  const answer = await administrator.call('POST', url, {
    ...about,
    publicKeyJwk: await exportJWK(publicKey),
  })
  expectThat(answer.status === 201, 'status 201', answer)
  const privateKeyJwk = { ...(await exportJWK(privateKey)), alg: 'ES256' }
  return callerFor({ ...clients, clients: [{ ...about, privateKeyJwk }] }, clientId)
}

type Verification = {
  agreement?: string
  match?: object
  disclosed?: object
  type?: string
  detail?: string
}

async function askForFields({ tour, uscc, bureau }: Place): Promise<void> {
  const { clients, step } = tour
  const url = `${clients.services.verification}/v1/verifications`
  const ask = (caller: ApiCaller, purpose: string, fields: object) =>
    caller.call<Verification>('POST', url, {
      license: { type: 'business-license', number: uscc },
      purpose,
      caseRef: 'TOUR-3',
      ...fields,
    })
  let refused = await ask(bureau, 'tendering', { disclose: ['contactPhone'] })
  // Until the agreement has arrived there is none at all.
  await until(async () => {
    refused = await ask(bureau, 'tendering', { disclose: ['contactPhone'] })
    return refused.status === 403 && refused.body.type?.endsWith('field-not-granted') === true
  }, 'the agreement at verification')
  step(
    `${BUREAU}: disclose contactPhone (POST /v1/verifications)`,
    `${refused.status}, ${refused.body.detail}`,
    refused.milliseconds,
  )
  const { settlementAccount } = HIDDEN_CLAIMS
  const finance = callerFor(clients, 'finance-department')
  const matched = await ask(finance, 'finance', { match: { settlementAccount } })
  step(
    'finance: match settlementAccount, which it may not see',
    `match ${JSON.stringify(matched.body.match)} by agreement ${matched.body.agreement}`,
    matched.milliseconds,
  )
  expectThat(matched.status === 200, 'status 200', matched)
  const tax = callerFor(clients, 'tax-department')
  const disclosed = await ask(tax, 'tax', { disclose: ['contactPhone'] })
  step(
    'tax: disclose contactPhone',
    `disclosed ${JSON.stringify(disclosed.body.disclosed)} by agreement ${disclosed.body.agreement}`,
    disclosed.milliseconds,
  )
  expectThat(disclosed.status === 200, 'status 200', disclosed)
}

type Records = {
  items: { department: { name: string }; purpose: string; fields: string[]; refused: boolean }[]
}

async function showHolder({ tour, uscc }: Place, company: ApiCaller): Promise<void> {
  const { clients, step } = tour
  const url = `${clients.services.oversight}/v1/holders/${uscc}/access-records`
  let answer = await company.call<Records>('GET', url)
  const look = () =>
    answer.body.items.find(({ fields, refused }) => fields.includes('contactPhone') && !refused)
  await until(async () => {
    answer = await company.call<Records>('GET', url)
    return look() !== undefined
  }, 'the access records of the holder')
  step(
    'the holder: who looked at my license? (GET /v1/holders/{id}/access-records)',
    `${answer.body.items.length} records; contactPhone: ${look()?.department.name}, for ${look()?.purpose}`,
    answer.milliseconds,
  )
}

type Finding = { id: string; rule: string; department: string; caseId?: string | null }

async function findOveruse({ tour, bureau, officer }: Place): Promise<void> {
  const { clients, step } = tour
  const { verification } = clients.services
  const started = performance.now()
  for (let guess = 0; guess < GUESSES; guess++)
    await bureau.call('GET', statusUrl(verification, guess))
  const finding = await findingOf(clients, officer)
  step(
    `${BUREAU}: check ${GUESSES} numbers in sequence that nobody has issued`,
    `found by the rule ${finding.rule}`,
    performance.now() - started,
  )
  const caseId = await investigate(clients, officer, finding)
  const measures = `${clients.services.oversight}/v1/cases/${caseId}/measures`
  const reason = 'Tour: numbers are tried out'
  const ordered = await officer.call('POST', measures, { kind: 'suspend', reason })
  expectThat(ordered.status === 201, 'status 201', ordered)
  const answered = performance.now()
  let refused = await bureau.call<Verification>('GET', statusUrl(verification, 0))
  await until(async () => {
    refused = await bureau.call<Verification>('GET', statusUrl(verification, 0))
    return refused.status === 403
  }, 'the measure at verification')
  step(
    'oversight officer: suspend it (POST /v1/cases/{id}/measures)',
    `${ordered.status}; its next check: ${refused.status} ${refused.body.detail}`,
    ordered.milliseconds,
    performance.now() - answered,
  )
}

function statusUrl(verification: string, guess: number): string {
  return `${verification}/v1/licenses/food-operation-permit/JY1440300${String(guess).padStart(7, '0')}/status`
}

async function findingOf(clients: ClientsFile, officer: ApiCaller): Promise<Finding> {
  const url = `${clients.services.oversight}/v1/findings?department=${BUREAU}`
  let found: Finding | undefined
  await until(async () => {
    const { items } = (await officer.call<{ items: Finding[] }>('GET', url)).body
    found = items?.find(({ rule }) => rule === 'enumeration')
    return found !== undefined
  }, 'a finding of the enumeration')
  return found as Finding
}

/** The case of the finding, which is opened by itself where it is grave, brought as far as measures need. */
async function investigate(
  clients: ClientsFile,
  officer: ApiCaller,
  finding: Finding,
): Promise<string> {
  const cases = `${clients.services.oversight}/v1/cases`
  const note = 'Tour: numbers are tried out'
  type Case = { id: string; caseId?: string; state?: string }
  const opened = await officer.call<Case>('POST', cases, { findings: [finding.id], note })
  const id = opened.body.caseId ?? opened.body.id
  for (const to of ['investigating', 'substantiated']) {
    const { state } = (await officer.call<Case>('GET', `${cases}/${id}`)).body
    // A tour of the same day may have brought it this far.
    if (state === to || state === 'substantiated') continue
    const moved = await officer.call('POST', `${cases}/${id}/transitions`, { to, reason: note })
    expectThat(moved.status < 300, 'a success', moved)
  }
  return id
}

function expectThat(holds: boolean, expected: string, answer: ApiAnswer<unknown>): void {
  if (!holds)
    throw new Error(`expected ${expected}, got ${answer.status} ${JSON.stringify(answer.body)}`)
}
