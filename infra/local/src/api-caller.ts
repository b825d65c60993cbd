import { readFile } from 'node:fs/promises'

import { createTokenClient } from '@lexchange/auth'
import type { JWK } from 'jose'

/** What `clients.json` holds. */
export type ClientsFile = {
  tokenEndpoint: string
  issuer: string
  services: { issuer: string; registry: string; verification: string; oversight: string }
  clients: {
    clientId: string
    name: string
    kind: string
    authorityId?: string
    departmentId?: string
    /** Of a holder: the enterprise that it acts for. */
    holderUscc?: string
    scopes: string[]
    privateKeyJwk: JWK
  }[]
  nats: { servers: string[] }
}

export type ApiAnswer<Body> = { status: number; headers: Headers; body: Body; milliseconds: number }

/** Calls the services' APIs as one client of `clients.json`. */
export type ApiCaller = {
  token(): Promise<string>
  call<Body = Record<string, unknown>>(
    method: string,
    url: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<ApiAnswer<Body>>
}

export async function readClients(file: string): Promise<ClientsFile> {
  return JSON.parse(await readFile(file, 'utf8')) as ClientsFile
}

/** @throws where the file names no such client. */
export function callerFor(clients: ClientsFile, clientId: string): ApiCaller {
  const client = clients.clients.find((each) => each.clientId === clientId)
  if (!client) throw new Error(`clients.json has no client ${clientId}`)
  const token = createTokenClient({
    tokenEndpoint: clients.tokenEndpoint,
    issuer: clients.issuer,
    clientId,
    privateKey: client.privateKeyJwk,
    scopes: client.scopes,
  })
  return {
    token,
    async call<Body>(method: string, url: string, body?: unknown, headers = {}) {
      const authorization = `Bearer ${await token()}`
      const started = performance.now()
      const response = await fetch(url, {
        method,
        headers: { authorization, ...contentType(body), ...headers },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        signal: AbortSignal.timeout(30_000),
      })
      const text = await response.text()
      return {
        status: response.status,
        headers: response.headers,
        body: (text ? JSON.parse(text) : {}) as Body,
        milliseconds: performance.now() - started,
      }
    },
  }
}

function contentType(body: unknown): Record<string, string> {
  if (body === undefined) return {}
  return { 'content-type': typeof body === 'string' ? 'application/x-ndjson' : 'application/json' }
}
