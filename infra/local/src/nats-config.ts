import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { ROOT } from './paths.ts'

export type NatsUser = 'issuer' | 'registry' | 'verification' | 'oversight' | 'guest'

export type NatsConfig = {
  host: string
  port: number
  /** Folder of the JetStream store. */
  store: string
  /** Letters, digits, `-` and `_`. */
  passwords: Readonly<Record<NatsUser, string>>
  /** Port of the monitoring pages; none where it is left out. */
  monitoringPort?: number
  /** Lets those who name no user read LICENSES. */
  guests: boolean
  /** Writes each message to the disk before it is acknowledged; the server must be 2.10 or later. */
  syncAlways: boolean
}

/** The configuration of nats-server: addresses, store and passwords, then infra/nats/nats-server.conf. */
export function renderNatsConfig(config: NatsConfig): string {
  const { host, port, monitoringPort, passwords } = config
  const lines = [
    `listen: "${host}:${port}"`,
    ...(monitoringPort ? [`http: "${host}:${monitoringPort}"`] : []),
    `jetstream {`,
    `  store_dir: ${JSON.stringify(config.store)}`,
    ...(config.syncAlways ? ['  sync_interval: always'] : []),
    `}`,
    ...Object.entries(passwords).map(
      ([user, password]) => `NATS_${user.toUpperCase()}_PASSWORD: "${password}"`,
    ),
    ...(config.guests ? ['no_auth_user: guest'] : []),
  ]
  const permissions = readFileSync(join(ROOT, 'infra/nats/nats-server.conf'), 'utf8')
  return `${lines.join('\n')}\n\n${permissions}`
}

/** Whether this server knows `sync_interval: always`; what it prints is `nats-server: v2.9.10`. */
export function knowsSyncAlways(versionLine: string): boolean {
  const [, major = '0', minor = '0'] = /v(\d+)\.(\d+)/.exec(versionLine) ?? []
  return Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 10)
}
