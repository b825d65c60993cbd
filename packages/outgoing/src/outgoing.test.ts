import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { describe, expect, it } from 'vitest'

import {
  AddressRefusedError,
  createGuardedLookup,
  findUrlFault,
  isLoopback,
  isPublicAddress,
  type Resolve,
} from './index.ts'

const INSIDE = [
  ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '100.100.100.200', '127.0.0.1', '127.9.9.9'],
  ...['169.254.169.254', '172.16.0.1', '172.31.255.255', '192.168.1.1', '198.18.0.1'],
  ...['224.0.0.1', '255.255.255.255', '168.63.129.16'],
  ...[
    '::',
    '::1',
    '::ffff:10.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::a00:1',
    'fe80::1',
    'fe80::1%eth0',
  ],
  ...['fc00::1', 'fd00:ec2::254', 'ff02::1', '2001:db8::1', '2002:a00:1::', 'fec0::1', '[::1]'],
  ...['', 'localhost', '10.1', '0x7f000001', '2130706433'],
]
const OUTSIDE = ['8.8.8.8', '114.114.114.114', '172.32.0.1', '2400:3200::1', '[2606:4700::1111]']

/** Answers each question by the next of the given answers, the last for ever. */
function resolvesTo(...answers: string[][]): Resolve {
  return (_host, done) => {
    const addresses = (answers.length > 1 ? answers.shift() : answers[0]) ?? []
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )
  }
}

describe('isPublicAddress', () => {
  it.each(INSIDE)('is false for %s', (address) => expect(isPublicAddress(address)).toBe(false))
  it.each(OUTSIDE)('is true for %s', (address) => expect(isPublicAddress(address)).toBe(true))
})

describe('isLoopback', () => {
  it('knows this host itself', () => {
    expect(['127.0.0.1', '127.1.2.3', '::1', '[::1]'].every(isLoopback)).toBe(true)
    expect(['10.0.0.1', '169.254.169.254', '0.0.0.0', 'localhost'].some(isLoopback)).toBe(false)
  })
})

describe('findUrlFault', () => {
  const lookup = createGuardedLookup({ resolve: resolvesTo(['8.8.8.8', '10.0.0.1']) })
  const outside = createGuardedLookup({ resolve: resolvesTo(['8.8.8.8']) })

  it('refuses what is not https, not a plain URL, or leads inside', async () => {
    expect(await findUrlFault('http://example.org/', { lookup: outside })).toBe('is not https')
    expect(await findUrlFault('ftp://example.org/', { lookup: outside })).toBe('is not https')
    expect(await findUrlFault('nowhere', { lookup: outside })).toBe('is no URL')
    expect(await findUrlFault('https://me:you@example.org/', { lookup: outside })).toContain(
      'password',
    )
    for (const host of ['127.0.0.1', '2130706433', '0x7f.1', '[::1]', '[::ffff:7f00:1]'])
      expect(await findUrlFault(`https://${host}/`, { lookup: outside }), host).toContain(
        'public internet',
      )
    expect(await findUrlFault('https://example.org/', { lookup: lookup })).toContain(
      'public internet',
    )
    expect(await findUrlFault('https://example.org/', { lookup: outside })).toBeUndefined()
  })

  it('lets http and loopback pass where they are allowed, and nothing else that lies inside', async () => {
    const options = { allowLoopback: true, lookup: outside }
    expect(await findUrlFault('http://127.0.0.1:1/', options)).toBeUndefined()
    expect(await findUrlFault('http://[::1]:1/', options)).toBeUndefined()
    expect(await findUrlFault('http://169.254.169.254/', options)).toBeDefined()
    expect(await findUrlFault('http://192.168.0.1/', options)).toBeDefined()
  })

  it('leaves a name that does not resolve to the connection', async () => {
    const unknown: Resolve = (_host, done) => done(new Error('ENOTFOUND'), [])
    const later = createGuardedLookup({ resolve: unknown })
    expect(await findUrlFault('https://later.example/', { lookup: later })).toBeUndefined()
  })
})

describe('createGuardedLookup', () => {
  it('does not connect to a name that pointed outside when it was checked and points inside now', async () => {
    let reached = 0
    const server = createServer(() => reached++)
    server.on('connection', () => reached++)
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const { port } = server.address() as AddressInfo
    const lookup = createGuardedLookup({ resolve: resolvesTo(['8.8.8.8'], ['127.0.0.1']) })
    expect(await findUrlFault('https://rebinding.example/', { lookup: lookup })).toBeUndefined()
    const failure = await new Promise((failed) =>
      connect({ host: 'rebinding.example', port, lookup }).once('error', failed),
    )
    expect(failure).toBeInstanceOf(AddressRefusedError)
    expect(reached).toBe(0)
    await new Promise((closed) => server.close(closed))
  })
})
