import type { Client } from '@lexchange/auth'
import { createPulse } from '@lexchange/events'
import { DomainError } from '@lexchange/problems'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'

import { findActive } from './subscription.repository.ts'
import type { SubscriptionTables } from './subscription.tables.ts'

/** 429: a subscription has as many open connections as it may have. */
export class TooManyConnectionsError extends DomainError {
  readonly code = 'too-many-connections'
  readonly kind = 'too-many'

  constructor(most: number) {
    super(`The subscription has ${most} open connections already`, {
      members: { most },
      retryAfter: 5,
    })
  }
}

type Connection = { subscriptionId: string; client: Client; ending: AbortController }

export type EventConnections = ReturnType<typeof watchEventConnections>

/** Most connections to one subscription at one replica. */
const MOST = 32
/** How often it is looked whether a connection may go on, in ms. */
const INTERVAL = 500

/**
 * Ends connections when their access token does, when their client is suspended, when their subscription
 * is paused or deleted, and when the process stops.
 */
export function watchEventConnections(options: {
  db: Kysely<SubscriptionTables>
  authorize: (client: Client) => void
  now: () => Date
  log: Logger
}) {
  const { db, authorize, now, log } = options
  const open = new Set<Connection>()
  const pulse = createPulse()

  async function look(): Promise<void> {
    if (open.size === 0) return
    const looked = [...open]
    const active = await findActive(db, [
      ...new Set(looked.map(({ subscriptionId }) => subscriptionId)),
    ])
    for (const { subscriptionId, client, ending } of looked) {
      const reason = endOf(client) ?? (active.has(subscriptionId) ? undefined : 'not active')
      if (reason !== undefined) ending.abort(reason)
    }
  }

  function endOf(client: Client): string | undefined {
    if (client.expiresAt <= now().getTime()) return 'the access token has expired'
    try {
      authorize(client)
      return undefined
    } catch {
      return 'the client is suspended'
    }
  }

  const running = (async () => {
    while (!pulse.stopped) {
      await look().catch((err) => log.debug({ err }, 'connections could not be checked'))
      await pulse.wait(INTERVAL)
    }
  })()

  return {
    /** @throws TooManyConnectionsError */
    open(subscriptionId: string, client: Client) {
      const count = [...open].filter((each) => each.subscriptionId === subscriptionId).length
      if (count >= MOST) throw new TooManyConnectionsError(MOST)
      const ending = new AbortController()
      const connection = { subscriptionId, client, ending }
      open.add(connection)
      if (pulse.stopped) ending.abort('the service stops')
      return {
        signal: ending.signal,
        close() {
          ending.abort('closed')
          open.delete(connection)
        },
      }
    },
    async stop() {
      pulse.stop()
      for (const { ending } of open) ending.abort('the service stops')
      await running
    },
  }
}
