import { connectNats } from '@lexchange/events'
import type { AccountKeys } from '@lexchange/nats-accounts'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Logger } from 'pino'

import { NatsCredentialsUnavailableError } from './nats-credential.errors.ts'

/** Long claims take NATS seconds. */
const PATIENCE = 10_000

export type AccountConnection = ReturnType<typeof openAccountConnection>

type Options = { servers: readonly string[]; keys: AccountKeys; log: Logger }

/**
 * The connection by which the claims of the account are looked up and changed. Its user belongs to the system
 * account and may do nothing else.
 */
export function openAccountConnection({ servers, keys, log }: Options) {
  let nats: NatsConnection | undefined
  let connected = false
  let times = 0
  let stopped = false
  const credentials = keys.systemCredentials
  const connecting = connectNats({ servers, name: 'accounts', credentials, log })
  connecting
    .then(async (reached) => {
      if (stopped) return reached.close()
      nats = reached
      const met = () => {
        connected = true
        times++
      }
      met()
      for await (const { type } of reached.status()) {
        if (type === 'disconnect') connected = false
        if (type === 'reconnect') met()
      }
    })
    .catch((err) => log.error({ err }, 'the NATS account cannot be changed'))

  async function ask(subject: string, content: string): Promise<string> {
    if (!nats || !connected) throw new NatsCredentialsUnavailableError('NATS is away')
    try {
      return (await nats.request(subject, content, { timeout: PATIENCE })).string()
    } catch (cause) {
      throw new NatsCredentialsUnavailableError('NATS does not answer', cause)
    }
  }

  return {
    /** How often NATS was reached: it may be another than before, with claims of its own. */
    times: () => times,
    isConnected: () => connected,
    /** The claims that NATS goes by; empty where it has none. */
    lookUp: () => ask(`$SYS.REQ.ACCOUNT.${keys.account}.CLAIMS.LOOKUP`, ''),
    async replace(claims: string): Promise<void> {
      const answer = await ask('$SYS.REQ.CLAIMS.UPDATE', claims)
      const { error } = JSON.parse(answer) as { error?: { description?: string } }
      if (error) throw new NatsCredentialsUnavailableError(`NATS refuses: ${error.description}`)
    },
    async stop(): Promise<void> {
      stopped = true
      await nats?.close()
    },
  }
}
