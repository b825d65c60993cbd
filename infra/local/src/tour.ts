import {
  type ApiAnswer,
  type ApiCaller,
  type ClientsFile,
  callerFor,
  readClients,
} from './api-caller.ts'
import { type LicenseFeed, subscribeToLicenses, until } from './license-feed.ts'
import {
  HIDDEN_CLAIMS,
  presentAtCounter,
  seeRevocation,
  showCredential,
} from './tour-credentials.ts'
import { enterprisesAsNdjson, syntheticClaims, syntheticUscc } from './tour-enterprises.ts'
import { watchUse } from './tour-oversight.ts'

type Tour = {
  clients: ClientsFile
  authority: ApiCaller
  national: ApiCaller
  tendering: ApiCaller
  feed: LicenseFeed
  step: (sent: string, came: string, milliseconds: number, seen?: number) => void
}

type Status = { verdict: string; status: string; version: number | null; asOf: string }
type Changed = {
  license: { id: string; number: string; version: number; status: string }
  credential?: string
}

/**
 * Walks through the main job by the public APIs alone, as an authority and a department would: each
 * step is a line with what was sent, what came back, and how long the change took to be seen.
 * @throws when an answer is not the one that the step is about.
 */
export async function runTour(local: {
  clientsFile: string
  log: (line: string) => void
}): Promise<void> {
  const clients = await readClients(local.clientsFile)
  let number = 0
  const step: Tour['step'] = (sent, came, milliseconds, seen) => {
    const delay = seen === undefined ? '' : `, seen after ${Math.round(seen)} ms`
    number++
    local.log(
      `${String(number).padStart(2)}. ${sent} → ${came} (${Math.round(milliseconds)} ms${delay})`,
    )
  }
  const started = performance.now()
  const feed = await subscribeToLicenses(clients, 'tendering-department')
  step(
    'tendering: subscribe by JetStream, with credentials of its own',
    'subscribed',
    performance.now() - started,
  )
  const tour: Tour = {
    clients,
    authority: callerFor(clients, 'shenzhen-authority'),
    national: callerFor(clients, 'national-administration'),
    tendering: callerFor(clients, 'tendering-department'),
    feed,
    step,
  }
  try {
    await importEnterprises(tour)
    await followOneLicense(tour)
    await presentAtCounter(tour)
    await watchUse(tour)
    step('tendering: events received in all', String(feed.count()), performance.now() - started)
  } finally {
    await feed.close()
  }
}

async function importEnterprises(tour: Tour): Promise<void> {
  const { clients, national, tendering, feed, step } = tour
  const { lines, first, count } = await enterprisesAsNdjson()
  const imports = `${clients.services.issuer}/v1/imports`
  const started = performance.now()
  const accepted = await national.call<{ id: string }>(
    'POST',
    `${imports}?type=business-license`,
    lines,
  )
  expectThat(accepted.status === 202, 'status 202', accepted)
  let job = { state: 'running', imported: 0, rejected: 0 }
  await until(async () => {
    job = (await national.call<typeof job>('GET', `${imports}/${accepted.body.id}`)).body
    return job.state !== 'running'
  }, 'the end of the import')
  const done = performance.now() - started
  await until(
    async () => (await status(tour, first)).body.verdict === 'valid',
    'a check of an imported license',
  )
  await until(async () => feed.count() >= job.imported, 'the events of the import')
  step(
    `National Administration: import ${count} companies (POST /v1/imports)`,
    `${job.imported} imported, ${job.rejected} rejected${job.imported === 0 ? ', they are there already' : ''}`,
    done,
    performance.now() - started - done,
  )
  const check = await tendering.call<Status>('GET', statusUrl(clients, first))
  step(
    `tendering: GET /v1/licenses/business-license/${first}/status`,
    show(check.body),
    check.milliseconds,
  )
}

async function followOneLicense(tour: Tour): Promise<void> {
  const uscc = syntheticUscc('440300')
  const name = `示例科技有限公司 ${uscc.slice(-4)}`
  const { license, credential = '' } = await change(tour, 'issued', 'valid active', {
    path: '/v1/licenses',
    sent: `Shenzhen: issue a business license to ${uscc} (POST /v1/licenses)`,
    body: {
      type: 'business-license',
      holder: { kind: 'enterprise', uscc, name },
      validFrom: new Date(Date.now() - 60_000).toISOString(),
      validUntil: '2046-01-01T00:00:00.000Z',
      claims: { ...syntheticClaims(name), ...HIDDEN_CLAIMS },
    },
  })
  await verify(tour, uscc, name)
  await showCredential(tour, credential)
  const command = (verb: string) => ({
    path: `/v1/licenses/${license.id}/${verb}`,
    sent: `Shenzhen: ${verb} it (POST /v1/licenses/{id}/${verb})`,
    body: { reason: `Tour: ${verb}` },
  })
  await change(tour, 'suspended', 'invalid suspended', command('suspend'))
  await change(tour, 'reinstated', 'valid active', command('reinstate'))
  const { asOf } = (await status(tour, uscc)).body
  await change(tour, 'revoked', 'invalid revoked', command('revoke'))
  const byNumber = async () => {
    const { verdict, status: now } = (await status(tour, uscc)).body
    return `${verdict} ${now}`
  }
  await seeRevocation(tour, credential, byNumber)
  const before = await tour.tendering.call<Status>(
    'GET',
    `${statusUrl(tour.clients, uscc)}?at=${asOf}`,
  )
  expectThat(before.body.verdict === 'valid', `verdict valid at ${asOf}`, before)
  tour.step(
    `tendering: its status before that (?at=${asOf})`,
    show(before.body),
    before.milliseconds,
  )
  await showHistory(tour, license.id)
}

type Command = { path: string; sent: string; body: unknown }

/** Sends a command, and waits until the department has the event and a check shows the change. */
async function change(
  tour: Tour,
  event: string,
  expected: string,
  { path, sent, body }: Command,
): Promise<Changed> {
  const url = tour.clients.services.issuer + path
  const answer = await tour.authority.call<Changed>('POST', url, body)
  expectThat(answer.status < 300, 'a success', answer)
  const { id, number, version, status: now } = answer.body.license
  const answered = performance.now()
  await until(async () => {
    const check = (await status(tour, number)).body
    return `${check.verdict} ${check.status}` === expected
  }, `a check that says ${expected}`)
  const seen = performance.now() - answered
  await until(async () => tour.feed.has(id, event), `the event ${event}`)
  tour.step(
    sent,
    `${answer.status}, version ${version} ${now}; event received, check says ${expected}`,
    answer.milliseconds,
    seen,
  )
  return answer.body
}

async function verify({ clients, tendering, step }: Tour, uscc: string, name: string) {
  const answer = await tendering.call('POST', `${clients.services.verification}/v1/verifications`, {
    license: { type: 'business-license', number: uscc },
    purpose: 'tendering',
    caseRef: 'TOUR-1',
    match: { name, legalRepresentative: 'somebody else' },
    disclose: ['businessScope'],
  })
  expectThat(answer.status === 200, 'status 200', answer)
  const { verdict, match, disclosed } = answer.body
  step(
    'tendering: match two fields, disclose one (POST /v1/verifications)',
    `${verdict}, match ${JSON.stringify(match)}, disclosed ${JSON.stringify(disclosed)}`,
    answer.milliseconds,
  )
}

async function showHistory({ clients, tendering, step }: Tour, id: string): Promise<void> {
  const answer = await tendering.call<{ items: { version: number; event: string }[] }>(
    'GET',
    `${clients.services.registry}/v1/licenses/${id}/history`,
  )
  expectThat(answer.status === 200, 'status 200', answer)
  const history = answer.body.items.map(({ version, event }) => `${version} ${event}`).join(', ')
  step('tendering: GET /v1/licenses/{id}/history (registry)', history, answer.milliseconds)
}

function status({ clients, tendering }: Tour, number: string): Promise<ApiAnswer<Status>> {
  return tendering.call<Status>('GET', statusUrl(clients, number))
}

function statusUrl({ services }: ClientsFile, number: string): string {
  return `${services.verification}/v1/licenses/business-license/${number}/status`
}

function show({ verdict, status: now, version }: Status): string {
  return `${verdict} (${now}${version === null ? '' : `, version ${version}`})`
}

function expectThat(holds: boolean, expected: string, answer: ApiAnswer<unknown>): void {
  if (!holds)
    throw new Error(`expected ${expected}, got ${answer.status} ${JSON.stringify(answer.body)}`)
}
