import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

import { describe, expect, it } from 'vitest'

import { expectFree, portsFrom } from './ports.ts'

describe('expectFree', () => {
  it('names a port that is taken, and what to do', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const ports = { ...portsFrom(port - 2), issuer: 0, verification: 0, postgres: 0, nats: 0 }
    await expect(expectFree(ports)).rejects.toThrow(
      new RegExp(`port ${port} \\(registry\\) is taken[\\s\\S]*LEXCHANGE_PORT_BASE`),
    )
    server.close()
    await once(server, 'close')
    await expectFree(ports)
  })
})
