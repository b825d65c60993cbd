import { createNatsIdentity, createNatsSigningKeys } from '@lexchange/nats-accounts'
import { describe, expect, it } from 'vitest'

import { knowsSyncAlways, renderNatsConfig } from './nats-config.ts'

describe('knowsSyncAlways', () => {
  it.each([
    ['nats-server: v2.9.10', false],
    ['nats-server: v2.10.0', true],
    ['nats-server: v2.12.1', true],
    ['nats-server: v3.0.0', true],
    ['something else', false],
  ])('judges "%s" as %s', (line, known) => {
    expect(knowsSyncAlways(line)).toBe(known)
  })
})

describe('renderNatsConfig', () => {
  it('holds no secret, and syncs only where asked to', async () => {
    const identity = createNatsIdentity()
    const keys = { identity, signing: await createNatsSigningKeys(identity) }
    const config = { host: '127.0.0.1', port: 1, store: '/a "place"', keys }
    const text = renderNatsConfig({ ...config, syncAlways: false })
    const { operatorSigningSeed, serviceSecret, departmentSecret } = keys.signing
    const secrets = [
      ...Object.values(identity),
      ...[operatorSigningSeed, serviceSecret, departmentSecret],
    ]
    expect(secrets).toHaveLength(6)
    for (const secret of secrets) expect(text).not.toContain(secret)
    expect(text).not.toContain('sync_interval')
    expect(renderNatsConfig({ ...config, syncAlways: true })).toContain('sync_interval: always')
  })
})
