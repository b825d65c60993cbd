import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'

/** IANA special-purpose registries: what is no unicast address of the public internet. */
const RESERVED: readonly [network: string, prefix: number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  // Link-local, and with it the metadata services of clouds at 169.254.169.254.
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]

/** Alibaba Cloud answers its instances here, in the middle of shared address space, and Azure there. */
const METADATA = ['100.100.100.200', '168.63.129.16']

const reserved = new BlockList()
for (const [network, prefix] of RESERVED) reserved.addSubnet(network, prefix, 'ipv4')
for (const address of METADATA) reserved.addAddress(address, 'ipv4')

/** IPv6 gives out global unicast addresses in 2000::/3 only; inside it these are not, or hold an IPv4. */
const global6 = new BlockList()
global6.addSubnet('2000::', 3, 'ipv6')
const reserved6 = new BlockList()
reserved6.addSubnet('2001::', 23, 'ipv6')
reserved6.addSubnet('2001:db8::', 32, 'ipv6')
reserved6.addSubnet('2002::', 16, 'ipv6')
reserved6.addSubnet('3fff::', 20, 'ipv6')
reserved6.addSubnet('2620:4f:8000::', 48, 'ipv6')

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** True for an address of the public internet; false for anything else, also for what is no address. */
export function isPublicAddress(address: string): boolean {
  const text = withoutBrackets(address)
  if (isIPv4(text)) return !reserved.check(text, 'ipv4')
  // A zone (fe80::1%eth0) belongs to link-local addresses only. IPv4-mapped ones are in ::/8.
  return (
    isIPv6(text) &&
    !text.includes('%') &&
    global6.check(text, 'ipv6') &&
    !reserved6.check(text, 'ipv6')
  )
}

/** True for an address of this host itself. */
export function isLoopback(address: string): boolean {
  const text = withoutBrackets(address)
  const family = isIP(text)
  return family !== 0 && loopback.check(text, family === 4 ? 'ipv4' : 'ipv6')
}

function withoutBrackets(address: string): string {
  return address.startsWith('[') && address.endsWith(']') ? address.slice(1, -1) : address
}
