import { randomInt } from 'node:crypto'

import { callerFor } from '@lexchange/local'
import fc from 'fast-check'
import { exportJWK, generateKeyPair } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { createJudge } from './fuzz/judge.ts'
import { readOperations } from './fuzz/operations.ts'
import { type FuzzRequest, type FuzzWorld, fuzzRequests } from './fuzz/requests.ts'
import { foodPermit } from './load.ts'
import { type System, startSystem } from './system.ts'

/**
 * FUZZ_REQUESTS=100000 FUZZ_SEED=… npm test -- e2e/src/fuzz
 *
 * A long run asks what nobody has asked yet. `npm test` asks the same each time, so that it fails by the change that
 * is tested; its seed has found a fault once.
 */
const settings = process.env
const REQUESTS = Number(settings.FUZZ_REQUESTS ?? 2_000)
const SEED = Number(
  settings.FUZZ_SEED ?? (settings.FUZZ_REQUESTS ? randomInt(2 ** 31) : 1_945_977_055),
)
const BATCH = 1_000
const AT_ONCE = 6

let system: System
let world: FuzzWorld

beforeAll(async () => {
  system = await startSystem()
  world = await createWorld()
}, 180_000)
afterAll(() => system?.stop(), 60_000)

async function createWorld(): Promise<FuzzWorld> {
  const { services, clients } = system.clients
  const admin = callerFor(system.clients, 'administrator-1')
  const authority = callerFor(system.clients, 'shenzhen-authority')
  const targets = ['fuzz-target', 'fuzz-other']
  const { publicKey } = await generateKeyPair('ES256')
  for (const id of targets) {
    const department = { id, name: id, kind: 'tax', region: '440000' }
    const client = { clientId: id, name: id, kind: 'department', departmentId: id }
    const rest = { scopes: ['license:read'], publicKeyJwk: await exportJWK(publicKey) }
    await admin.call('POST', `${services.registry}/v1/departments`, department)
    await admin.call('POST', `${services.registry}/v1/clients`, { ...client, ...rest })
  }
  const issued = await authority.call<{ id: string; number: string }>(
    'POST',
    `${services.issuer}/v1/licenses`,
    foodPermit(),
  )
  const known = clients.flatMap((each) => [each.clientId, each.departmentId, each.authorityId])
  const ids = [issued.body.id, issued.body.number, ...known].filter((id) => id !== undefined)
  const operations = await Promise.all(
    Object.entries(services).map(([name, base]) => readOperations(name, base)),
  )
  return { operations: operations.flat(), clients, ids, targets }
}

/** Sends a request; undefined where it is none that HTTP can carry. */
async function send(
  request: FuzzRequest,
  tokenOf: (caller: string) => Promise<string | undefined>,
) {
  const { operation, url, body } = request
  const token = await tokenOf(request.caller)
  const headers = { ...request.headers, ...(token && { authorization: `Bearer ${token}` }) }
  const response = await fetch(url, {
    method: operation.method,
    headers,
    redirect: 'manual',
    signal: AbortSignal.timeout(20_000),
    ...(operation.method !== 'GET' && body !== undefined && { body }),
  })
  // A stream of events has no end.
  if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
    await response.body?.cancel()
    return undefined
  }
  return { status: response.status, headers: response.headers, text: await response.text() }
}

function tokens() {
  const callers = new Map(
    world.clients.map(({ clientId }) => [clientId, callerFor(system.clients, clientId)]),
  )
  return async (caller: string) =>
    caller === 'forger' ? 'eyJhbGciOiJub25lIn0.e30.' : callers.get(caller)?.token()
}

describe('every operation, by its own document', () => {
  it(
    `answers ${REQUESTS} requests as it says it does (FUZZ_SEED=${SEED})`,
    async () => {
      const judge = createJudge()
      const tokenOf = tokens()
      const faults = new Map<string, string>()
      const statuses: Record<number, number> = {}

      async function examine(request: FuzzRequest) {
        const { operation, url, body, caller } = request
        const note = (fault: string) => {
          const place = `${operation.id}: ${fault}`
          if (!faults.has(place))
            faults.set(
              place,
              `${place}\n    ${caller} ${operation.method} ${url.slice(0, 300)}\n    ${body?.slice(0, 400)}`,
            )
        }
        try {
          const answer = await send(request, tokenOf)
          if (!answer) return
          statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
          for (const fault of judge(request, answer))
            note(
              `${answer.status} ${fault}${answer.status >= 500 ? ` ${answer.text.slice(0, 200)}` : ''}`,
            )
        } catch (error) {
          const { message, cause } = error as Error & { cause?: Error }
          note(`does not answer: ${message} ${cause?.message ?? ''}`)
        }
      }

      for (let done = 0; done < REQUESTS; done += BATCH) {
        const numRuns = Math.min(BATCH, REQUESTS - done)
        const requests = fc.sample(fuzzRequests(world), { seed: SEED + done, numRuns })
        const queue = requests.values()
        await Promise.all(
          Array.from({ length: AT_ONCE }, async () => {
            for (const request of queue) await examine(request)
          }),
        )
      }
      process.stdout.write(`fuzz: ${JSON.stringify(statuses)}\n`)
      expect([...faults.values()].join('\n\n')).toBe('')
      // Most of it has to get past the door to be of use.
      expect(statuses[200] ?? 0).toBeGreaterThan(REQUESTS / 20)
    },
    Math.max(300_000, REQUESTS * 100),
  )
})
