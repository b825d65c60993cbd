import { randomUUID } from 'node:crypto'

import { type ClientsFile, callerFor } from './api-caller.ts'
import { until } from './license-feed.ts'

/**
 * Waits until the first directory has come as far as the issuer. The registry enters it when it answers already, and
 * an authority that the issuer has not heard of yet would be refused.
 */
export async function firstDirectoryHeard(clients: ClientsFile): Promise<void> {
  const authority = callerFor(clients, 'shenzhen-authority')
  const unknown = `${clients.services.issuer}/v1/licenses/${randomUUID()}`
  await until(async () => {
    // Not even a token is given out before.
    const answer = await authority.call('GET', unknown).catch(() => undefined)
    return answer?.status === 404
  }, 'the first directory')
}
