import { type ClientsFile, callerFor, verifyConsistency } from '@lexchange/local'
import { expect } from 'vitest'

import type { Acknowledged } from './load.ts'

type History = { items: { version: number; event: string; at: string }[] }

/**
 * All services agree on every license, version by version; and the registry's history of each license
 * of the load is what the issuer has acknowledged: nothing lost, nothing twice.
 */
export async function expectAgreement(
  clients: ClientsFile,
  licenses: readonly Acknowledged[],
): Promise<void> {
  const { differences, versions } = await verifyConsistency(clients, { settleSeconds: 60 })
  expect(differences).toEqual([])
  const acknowledged = licenses.reduce((sum, license) => sum + license.versions.length, 0)
  expect(versions).toBeGreaterThanOrEqual(acknowledged)
  const tax = callerFor(clients, 'tax-department')
  for (const { id, versions: expected } of licenses) {
    const url = `${clients.services.registry}/v1/licenses/${id}/history`
    const { body } = await tax.call<History>('GET', url)
    expect(body.items.map(({ event, version }) => ({ event, version }))).toEqual(expected)
  }
}
