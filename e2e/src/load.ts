import { type ApiAnswer, type ApiCaller, type ClientsFile, callerFor } from '@lexchange/local'

/** A version that the issuer has acknowledged: it must be everywhere in the end, once. */
export type Acknowledged = {
  id: string
  number: string
  versions: { event: string; version: number }[]
}

export type Load = {
  /** What has been acknowledged so far, by license. */
  readonly licenses: readonly Acknowledged[]
  /** Answers other than success that the load went through, by status. */
  readonly refusals: ReadonlyMap<number | 'network', number>
  acknowledged(): number
  /** Ends every worker after its present command, and waits for it. */
  stop(): Promise<void>
}

type Changed = { license: { id: string; number: string; version: number; status: string } }

/**
 * What a worker waits after each answer, in ms: faults are to meet services at their work, not at a pile of
 * work that they need minutes for afterwards.
 */
const PACE = 20

/** Verbs of one license's life, each allowed after the one before. */
const LIFE = [
  ['suspend', 'suspended'],
  ['reinstate', 'reinstated'],
  ['amend', 'amended'],
  ['renew', 'renewed'],
  ['revoke', 'revoked'],
] as const

/**
 * Issues and changes licenses with a number of workers until it is stopped. A command that fails for
 * now is sent again with its Idempotency-Key, as an authority's system would: so what is acknowledged
 * was done once, whatever was killed in between.
 */
export function startLoad(clients: ClientsFile, workers = 4): Load {
  const authority = callerFor(clients, 'shenzhen-authority')
  const licenses: Acknowledged[] = []
  const refusals = new Map<number | 'network', number>()
  let stopped = false

  async function send(path: string, body: unknown): Promise<ApiAnswer<Changed> | undefined> {
    const key = { 'idempotency-key': crypto.randomUUID() }
    for (;;) {
      const answer = await authority
        .call<Changed>('POST', clients.services.issuer + path, body, key)
        .catch(() => undefined)
      if (answer && answer.status < 300) {
        await new Promise((resolve) => setTimeout(resolve, PACE))
        return answer
      }
      const reason = answer?.status ?? 'network'
      refusals.set(reason, (refusals.get(reason) ?? 0) + 1)
      if (answer && ![409, 429, 503].includes(answer.status))
        throw new Error(`${path} answered ${answer.status} ${JSON.stringify(answer.body)}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  async function live(): Promise<void> {
    const issued = await send('/v1/licenses', foodPermit())
    if (!issued) return
    const { id, number } = issued.body.license
    const license: Acknowledged = { id, number, versions: [{ event: 'issued', version: 1 }] }
    licenses.push(license)
    for (const [verb, event] of LIFE) {
      if (stopped) return
      const changed = await send(`/v1/licenses/${id}/${verb}`, bodyOf(verb))
      if (changed) license.versions.push({ event, version: changed.body.license.version })
    }
  }

  const running = Promise.all(
    Array.from({ length: workers }, async () => {
      while (!stopped) await live()
    }),
  )
  running.catch(() => {})
  return {
    licenses,
    refusals,
    acknowledged: () => licenses.reduce((sum, { versions }) => sum + versions.length, 0),
    async stop() {
      stopped = true
      await running
    },
  }
}

const FOOD_CLAIMS = {
  name: '示例食品有限公司',
  legalRepresentative: '示例',
  domicile: '示例路 1 号',
  premises: '示例路 1 号',
  businessForm: 'restaurant',
  businessItems: ['热食类食品制售'],
}

/** A request to issue a license that is as good as real. */
export function foodPermit(changes: { number?: string; validUntil?: string } = {}) {
  return {
    type: 'food-operation-permit',
    number: `JY${crypto.randomUUID().replaceAll('-', '').slice(0, 20).toUpperCase()}`,
    holder: { kind: 'enterprise', uscc: '914403001922038216', name: '示例食品有限公司' },
    region: '440300',
    validFrom: '2026-01-01T00:00:00.000Z',
    validUntil: '2036-01-01T00:00:00.000Z',
    claims: FOOD_CLAIMS,
    ...changes,
  }
}

function bodyOf(verb: string) {
  const reason = `load: ${verb}`
  if (verb === 'amend') return { reason, claims: { premises: '示例路 2 号' } }
  if (verb === 'renew') return { reason, validUntil: '2046-01-01T00:00:00.000Z' }
  return { reason }
}

/** Calls a department makes all the while; counts what it gets. */
export function startChecks(clients: ClientsFile, numbers: () => string | undefined) {
  const tendering: ApiCaller = callerFor(clients, 'tendering-department')
  const counts = { answered: 0, failed: 0 }
  let stopped = false
  const running = (async () => {
    while (!stopped) {
      const number = numbers() ?? 'nobody'
      const url = `${clients.services.verification}/v1/licenses/food-operation-permit/${number}/status`
      const answer = await tendering.call('GET', url).catch(() => undefined)
      if (answer?.status === 200) counts.answered++
      else counts.failed++
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })()
  return {
    counts,
    async stop() {
      stopped = true
      await running
    },
  }
}
