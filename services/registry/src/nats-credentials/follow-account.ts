import { createPulse } from '@lexchange/events'
import {
  type AccountKeys,
  type AccountState,
  encodeExchangeAccount,
  saysTheSame,
} from '@lexchange/nats-accounts'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'

import { type AccountConnection, openAccountConnection } from './account-connection.ts'
import { NatsCredentialsUnavailableError } from './nats-credential.errors.ts'
import { lockAccount, readAccountState } from './nats-credential.repository.ts'
import type { NatsCredentialTables } from './nats-credential.tables.ts'
import { revokeOfOtherKeys, revokeOfSuspended } from './revoke-nats-credentials.ts'

/** How often it is looked what NATS has to be told, in ms: well within the second that is promised. */
const INTERVAL = 200
/** How often NATS is asked what it goes by though nothing has changed here, in ms. */
const RECHECK = 30_000

export type AccountOptions = {
  db: Kysely<NatsCredentialTables>
  keys: AccountKeys
  servers: readonly string[]
  now: () => Date
  log: Logger
}

type Told = { state: string; times: number; at: number }

type Work = AccountOptions & { connection: AccountConnection; told: Told | undefined }

export type NatsAccount = ReturnType<typeof followAccount>

/**
 * Keeps what NATS goes by as the database has it: who may connect as a department, and which consumers each may
 * pull from. Every replica does so, one at a time.
 */
export function followAccount(options: AccountOptions) {
  const { keys, log, now, db } = options
  const pulse = createPulse()
  const work: Work = { ...options, connection: openAccountConnection(options), told: undefined }
  const follow = oneAtATime(() => bring(work))
  let failing = false
  const running = (async () => {
    let replaced = false
    while (!pulse.stopped) {
      try {
        if (!replaced) await revokeOfOtherKeys(db, keys, now())
        replaced = true
        await revokeOfSuspended(db, now())
        await follow()
        failing = false
      } catch (err) {
        if (!failing) log.warn({ err }, 'NATS could not be told who may connect yet')
        failing = true
      }
      await pulse.wait(INTERVAL)
    }
  })()
  return {
    keys,
    /** Tells NATS now. What fails is tried again by itself. */
    follow,
    /** @throws NatsCredentialsUnavailableError */
    requireConnected(): void {
      if (!work.connection.isConnected()) throw new NatsCredentialsUnavailableError('NATS is away')
    },
    async stop() {
      pulse.stop()
      await running
      await work.connection.stop()
    },
  }
}

async function bring(work: Work): Promise<void> {
  const { db, connection, now } = work
  if (isTold(work, await readAccountState(db, now()))) return
  await db.transaction().execute(async (trx) => {
    await lockAccount(trx)
    const state = await readAccountState(trx, now())
    const times = connection.times()
    const claims = await encodeExchangeAccount(work.keys, state)
    const present = await connection.lookUp()
    if (present === '' || !saysTheSame(present, claims)) await connection.replace(claims)
    work.told = { state: JSON.stringify(state), times, at: Date.now() }
  })
}

function isTold({ told, connection }: Work, state: AccountState): boolean {
  if (told === undefined || told.times !== connection.times()) return false
  return told.state === JSON.stringify(state) && Date.now() - told.at < RECHECK
}

/** Whoever comes while it runs gets a run that begins afterwards, shared by all who wait. */
function oneAtATime(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined
  return () => {
    next ??= running.then(() => {
      next = undefined
      const begun = run()
      running = begun.catch(() => {})
      return begun
    })
    return next
  }
}
