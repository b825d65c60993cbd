import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { LicenseSnapshot, SealedSnapshot } from '@lexchange/contracts'

/** Serves a token and a snapshot, because services may not import each other; e2e has the real one. */
export type FakeRegistry = {
  url: string
  /** How often the snapshot was asked for. */
  readonly asked: number
  snapshot: { position: number; streamCreated: string; licenses: LicenseSnapshot[] } | undefined
  sealed: { position: number; streamCreated: string; lines: SealedSnapshot[] } | undefined
  close(): Promise<void>
}

export async function startFakeRegistry(): Promise<FakeRegistry> {
  let asked = 0
  const server = createServer((request, response) => {
    if (request.url === '/oauth/token') {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ access_token: 'snapshot-token', expires_in: 600 }))
      return
    }
    const ofSealed = request.url === '/v1/snapshots/sealed-claims'
    if (!ofSealed) asked++
    const snapshot = ofSealed ? registry.sealed : registry.snapshot
    if (!snapshot || request.headers.authorization !== 'Bearer snapshot-token') {
      response.writeHead(503).end()
      return
    }
    const lines = 'lines' in snapshot ? snapshot.lines : snapshot.licenses
    response.writeHead(200, {
      'content-type': 'application/x-ndjson',
      'lexchange-position': snapshot.position,
      'lexchange-licenses': lines.length,
      'lexchange-stream-created': snapshot.streamCreated,
    })
    response.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const registry: FakeRegistry = {
    url: `http://127.0.0.1:${port}`,
    get asked() {
      return asked
    },
    snapshot: undefined,
    sealed: { position: 0, streamCreated: '', lines: [] },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return registry
}
