import { join } from 'node:path'

import { type NatsKeys, renderTrust } from '@lexchange/nats-accounts'

export type NatsConfig = {
  host: string
  port: number
  /** Folder of the JetStream store, and of the claims of the accounts. */
  store: string
  keys: NatsKeys
  /** Writes each message to the disk before it is acknowledged; the server must be 2.10 or later. */
  syncAlways: boolean
}

/** The configuration of nats-server. Whoever it trusts shows a JWT, so it holds no secret. */
export function renderNatsConfig({ host, port, store, keys, syncAlways }: NatsConfig): string {
  return [
    `listen: "${host}:${port}"`,
    `jetstream {`,
    `  store_dir: ${JSON.stringify(store)}`,
    ...(syncAlways ? ['  sync_interval: always'] : []),
    `}`,
    renderTrust(keys, join(store, 'accounts')),
  ].join('\n')
}

/** Whether this server knows `sync_interval: always`; what it prints is `nats-server: v2.9.10`. */
export function knowsSyncAlways(versionLine: string): boolean {
  const [, major = '0', minor = '0'] = /v(\d+)\.(\d+)/.exec(versionLine) ?? []
  return Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 10)
}
