import type { TokenVerifier } from '@lexchange/auth'
import { createFileKeyEncryption } from '@lexchange/encryption'
import { startRetention } from '@lexchange/events'
import type { DatabaseOptions } from '@lexchange/postgres'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'

import { createAccessRecorder, onAccessHead } from '../access-records/index.ts'
import type { RegistryConfig } from '../config.ts'
import type { RegistryTables } from '../database.ts'
import { onAuthorityKeys, watchSuspensions } from '../directory/index.ts'
import { measureHeldEvents, onClaimsErased, onIssuance } from '../entries/index.ts'
import { onMeasure } from '../measures/index.ts'
import { followAccount } from '../nats-credentials/index.ts'
import { keyPolicyOf, watchSigningKeys } from '../oauth/index.ts'
import { createClaimVault, keepSealingKeys } from '../sealed-claims/index.ts'
import { type Consumption, runStreams } from '../streams/index.ts'
import { type RetryPolicy, runSubscriptions } from '../subscriptions/index.ts'

export type BackgroundDeps = {
  config: RegistryConfig
  db: Kysely<RegistryTables>
  database: DatabaseOptions
  nats: Promise<NatsConnection>
  log: Logger
  now: () => Date
  /** When webhooks that failed are tried again; set by tests. */
  retryPolicy?: RetryPolicy
}

const OTHERS: readonly Consumption[] = [
  { stream: 'MEASURES', consumer: 'registry-measures', handlers: [onMeasure as never] },
  { stream: 'HEADS', consumer: 'registry-heads', handlers: [onAccessHead as never] },
]

/** Everything of the registry that goes on beside its answers. */
export function startBackground(deps: BackgroundDeps, verifier: TokenVerifier, metrics: Registry) {
  const { config, db, log, now } = deps
  const replicas = config.STREAM_REPLICAS
  const policy = keyPolicyOf(config)
  const keys = watchSigningKeys({ db, log, verifier, policy, now })
  const { authorize, ...suspensions } = watchSuspensions(db, log)
  const retention = startRetention(db as never, log)
  const vault = createClaimVault(createFileKeyEncryption(config.CLAIM_KEYRING))
  const sealing = keepSealingKeys({
    ...{ db, log, metrics, now },
    policy: { keys: vault.keys, issuer: config.TOKEN_ISSUER, rotationMs: policy.rotationMs },
  })
  const handlers = [...onIssuance({ vault, log }), onClaimsErased, onAuthorityKeys] as never
  const streams = runStreams({ ...deps, handlers, others: OTHERS, replicas, metrics })
  const recorder = createAccessRecorder({ db, log, now })
  measureHeldEvents(db, metrics)
  const account =
    config.NATS_ACCOUNT_KEYS &&
    followAccount({
      ...{ db: db as never, now, log },
      ...{ keys: config.NATS_ACCOUNT_KEYS, servers: config.NATS_SERVERS },
    })
  const subscriptions = runSubscriptions({
    ...{ ...deps, replicas, metrics, authorize, keyring: vault.keys },
    permitConsumers: async () => account?.follow().catch(() => {}),
  })
  return {
    ...{ policy, keys, streams, recorder, subscriptions, authorize, account },
    async stop() {
      await recorder.stop()
      await subscriptions.stop()
      await streams.stop()
      await account?.stop()
      await Promise.all([keys.stop(), sealing.stop(), suspensions.stop(), retention.stop()])
      await db.destroy()
    },
  }
}
