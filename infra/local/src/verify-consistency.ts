import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'

import type { LicenseSnapshot } from '@lexchange/contracts'

import { type ApiCaller, type ClientsFile, callerFor } from './api-caller.ts'
import { type Comparison, compareCopies } from './consistency.ts'

/**
 * Compares all licenses of issuer, registry and verification by their snapshot routes. Changes may be
 * under way, so differences count only if they are still there when `settleSeconds` are over.
 */
export async function verifyConsistency(
  clients: ClientsFile,
  { settleSeconds = 10, administrator = 'administrator-1' } = {},
): Promise<Comparison> {
  const caller = callerFor(clients, administrator)
  const end = Date.now() + settleSeconds * 1000
  for (;;) {
    const comparison = await compareOnce(clients, caller).catch(unlessOver(end))
    if (comparison && (comparison.differences.length === 0 || Date.now() > end)) return comparison
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

/** A service that says it will be back, e.g. while it connects to NATS again, has the same time to settle. */
function unlessOver(end: number): (error: unknown) => undefined {
  return (error) => {
    const passing = error instanceof SnapshotRefusedError && error.status === 503
    if (!passing || Date.now() > end) throw error
  }
}

class SnapshotRefusedError extends Error {
  override readonly name = 'SnapshotRefusedError'
  readonly status: number

  constructor(url: string, status: number, body: string) {
    super(`${url} answered ${status} ${body}`)
    this.status = status
  }
}

async function compareOnce({ services }: ClientsFile, caller: ApiCaller): Promise<Comparison> {
  const { oversight: _holdsNone, ...holding } = services
  const token = await caller.token()
  const copies = Object.entries(holding).map(([name, url]) => ({
    name,
    licenses: readSnapshot(`${url}/v1/snapshots/licenses`, token),
  }))
  return compareCopies(copies)
}

async function* readSnapshot(url: string, token: string): AsyncGenerator<LicenseSnapshot> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
  if (!response.ok || !response.body)
    throw new SnapshotRefusedError(url, response.status, await response.text())
  const lines = createInterface({ input: Readable.fromWeb(response.body as never) })
  for await (const line of lines) yield JSON.parse(line) as LicenseSnapshot
}
