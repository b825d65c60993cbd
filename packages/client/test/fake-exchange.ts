import { generateKeyPairSync } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { ClientOptions } from '../src/client-options.ts'

export type Received = {
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
  body: string
}
export type Handler = (
  received: Received,
  response: ServerResponse,
  request: IncomingMessage,
) => unknown

/** An exchange on loopback that answers as a test says. Its token endpoint gives t1, t2, … */
export type FakeExchange = {
  url: string
  options: ClientOptions
  received: Received[]
  /** Tokens that were given. */
  tokens: string[]
  tokenLife: number
  /** What answers all but the token endpoint. */
  handle: Handler
  /** What answers the token endpoint, if not as usual. */
  handleToken: Handler | undefined
  /** Ends every connection that is open. */
  cut(): void
  stop(): Promise<void>
}

export async function startFakeExchange(): Promise<FakeExchange> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const exchange: FakeExchange = {
    url,
    options: {
      tokenEndpoint: `${url}/oauth/token`,
      issuer: url,
      services: { registry: url, verification: url, issuer: url },
      clientId: 'tax-department',
      privateKeyJwk: { ...privateKey.export({ format: 'jwk' }), kid: 'k1' },
    },
    received: [],
    tokens: [],
    tokenLife: 600,
    handle: (_received, response) => sendJson(response, 200, {}),
    handleToken: undefined,
    cut: () => server.closeAllConnections(),
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  server.on('request', (request, response) => void answer(exchange, request, response))
  return exchange
}

async function answer(exchange: FakeExchange, request: IncomingMessage, response: ServerResponse) {
  const { pathname, searchParams } = new URL(request.url ?? '/', exchange.url)
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request) chunks.push(chunk)
  } catch {
    return
  }
  const { method = 'GET', headers } = request
  const body = Buffer.concat(chunks).toString()
  const received = { method, path: pathname, query: searchParams, headers, body }
  if (pathname !== '/oauth/token') {
    exchange.received.push(received)
    await exchange.handle(received, response, request)
  } else if (exchange.handleToken) await exchange.handleToken(received, response, request)
  else {
    const token = `t${exchange.tokens.length + 1}`
    exchange.tokens.push(token)
    sendJson(response, 200, { access_token: token, expires_in: exchange.tokenLife })
  }
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

export function sendProblem(
  response: ServerResponse,
  status: number,
  code: string,
  headers: Record<string, string> = {},
): void {
  const type = `urn:lexchange:problem:${code}`
  const problem = { type, title: code, status, detail: `It is ${code}` }
  response.writeHead(status, { 'content-type': 'application/problem+json', ...headers })
  response.end(JSON.stringify(problem))
}

/** An event of a license as LICENSES has it, cut to what the client looks at. */
export function licenseEvent(licenseId: string, sequence: number) {
  return {
    specversion: '1.0',
    id: `${licenseId}-${sequence}`,
    source: '/authorities/shenzhen',
    type: 'lexchange.license.amended.v1',
    subject: licenseId,
    time: '2026-11-24T01:00:00.000Z',
    datacontenttype: 'application/json',
    sequence: String(sequence),
    data: { licenseId, type: 'business-license', number: 'N', version: sequence, status: 'active' },
  }
}
