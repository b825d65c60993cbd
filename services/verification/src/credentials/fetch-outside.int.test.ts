import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { fetchOutside } from './fetch-outside.ts'

let server: Server
let base: string
let asked: string[] = []

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '')
    if (request.url === '/away') response.writeHead(302, { location: `${base}/list` }).end()
    else if (request.url === '/endless') {
      response.writeHead(200)
      response.on('error', () => {})
      const pour = () => {
        while (!response.destroyed && response.write('x'.repeat(60_000)));
      }
      response.on('drain', pour)
      pour()
    } else if (request.url === '/never') response.writeHead(200).write('begun')
    else response.end('the list')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(resolve))
})

const options = { privateHosts: true, maxBytes: 100_000, patience: 5_000, accept: 'text/plain' }
const outside = { ...options, privateHosts: false }

describe('fetchOutside', () => {
  it('gives what the host answers', async () => {
    expect(await fetchOutside(`${base}/list`, options)).toBe('the list')
  })

  it('connects to no address of this network, by whatever name or spelling', async () => {
    asked = []
    const port = new URL(base).port
    for (const host of [
      ...['127.0.0.1', 'localhost', '0x7f.1', '2130706433', '[::1]', '[::ffff:127.0.0.1]'],
      ...['169.254.169.254', '10.0.0.1', '[fe80::1]', '[64:ff9b::7f00:1]', '0.0.0.0'],
    ])
      await expect(fetchOutside(`http://${host}:${port}/list`, outside), host).rejects.toThrow(
        /not a public address|could not be reached/,
      )
    expect(asked).toEqual([])
  })

  it('follows no redirect', async () => {
    asked = []
    await expect(fetchOutside(`${base}/away`, options)).rejects.toThrow('answered 302')
    expect(asked).toEqual(['/away'])
  })

  it('ends what is too large, or takes too long', async () => {
    await expect(fetchOutside(`${base}/endless`, options)).rejects.toThrow('too large')
    const patience = 200
    await expect(fetchOutside(`${base}/never`, { ...options, patience })).rejects.toThrow(
      'could not be reached',
    )
  })
})
