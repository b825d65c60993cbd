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
  const config = {
    host: '127.0.0.1',
    port: 1,
    store: '/a "place"',
    passwords: { issuer: 'a', registry: 'b', verification: 'c', oversight: 'o', guest: 'd' },
    guests: false,
    syncAlways: false,
  }

  it('gives every password that the permissions name', () => {
    const text = renderNatsConfig(config)
    const named = [...text.matchAll(/\$(NATS_\w+_PASSWORD)/g)].map(([, name]) => name)
    expect(named).toHaveLength(5)
    for (const name of named) expect(text).toContain(`${name}: "`)
  })

  it('lets guests in, and syncs, only where asked to', () => {
    expect(renderNatsConfig(config)).not.toMatch(/^no_auth_user|sync_interval/m)
    const open = renderNatsConfig({ ...config, guests: true, syncAlways: true })
    expect(open).toMatch(/^no_auth_user: guest$/m)
    expect(open).toContain('sync_interval: always')
  })
})
