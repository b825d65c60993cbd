import { connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node'
import { sql } from 'kysely'
import { expect } from 'vitest'

import { startRegistry, type TestRegistry } from './start-registry.ts'
import { callerOf } from './subscribers.ts'

const REFUSED = /Authorization Violation/

type Call = { method?: 'GET' | 'POST' | 'DELETE' | 'PATCH'; body?: object; key?: string }
type Department = 'tax' | 'finance'

const CLIENTS = {
  tax: ['tax-department', 'subscription:manage'],
  finance: ['finance-department', 'subscription:manage'],
  admin: ['administrator-1', 'directory:admin'],
} as const

export type NatsDepartments = Awaited<ReturnType<typeof startNatsDepartments>>

/** A registry whose NATS lets nobody in without credentials, and two departments with agreements. */
export async function startNatsDepartments(settings: Record<string, string> = {}) {
  const registry = await startRegistry(settings, { natsAccounts: true })
  const data = { ...registry.seed.agreements[0], id: 'finance', departmentId: 'finance' }
  const agreement = JSON.stringify({ ...data, version: 1, state: 'active' })
  await sql`insert into directory_entry (kind, id, revision, data, created_at, updated_at)
    values ('agreement', 'finance', 1, ${agreement}, now(), now())`.execute(registry.db)
  return { registry, ...callsTo(registry), ...connectionsTo(registry) }
}

function callsTo(registry: TestRegistry) {
  async function call(client: Department | 'admin', path: string, request: Call = {}) {
    const { method = 'GET', body, key } = request
    const [clientId, scope] = CLIENTS[client]
    const authorization = await registry.headerOf(clientId, scope)
    return registry.app.inject({
      method,
      url: `/v1/departments/${path}`,
      headers: { authorization, ...(key && { 'idempotency-key': key }) },
      ...(body && { payload: body }),
    })
  }

  async function issue(department: Department, body?: object) {
    const path = `${department}/nats-credentials`
    const answer = await call(department, path, { method: 'POST', ...(body && { body }) })
    expect(answer.statusCode, answer.body).toBe(201)
    return answer.json() as { id: string; creds: string; expiresAt: string }
  }

  async function subscribe(department: Department): Promise<string> {
    const caller = callerOf(registry, `${department}-department`)
    const answer = await caller('POST', '', { filter: {}, delivery: { kind: 'jetstream' } })
    expect(answer.statusCode, answer.body).toBe(201)
    return answer.json().id
  }

  return { call, issue, subscribe }
}

function connectionsTo(registry: TestRegistry) {
  const open: NatsConnection[] = []

  async function connectBy(creds: string, department: string, more = {}) {
    const connection = await connect({
      servers: registry.natsServer.servers,
      authenticator: credsAuthenticator(new TextEncoder().encode(creds)),
      inboxPrefix: `_INBOX_${department}`,
      reconnect: false,
      ...more,
    })
    open.push(connection)
    return connection
  }

  return {
    connectBy,
    /** Whether the server lets nobody in by these, and says so. */
    isRefused: (creds: string, department: string): Promise<boolean> =>
      connectBy(creds, department).then(
        () => false,
        (error: Error) => REFUSED.test(error.message),
      ),
    async disconnect() {
      await Promise.all(open.splice(0).map((each) => each.close()))
    },
  }
}
