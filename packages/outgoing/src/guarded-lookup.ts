import { type LookupAddress, lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'

import { isLoopback, isPublicAddress } from './address.ts'

/** A name or an address that lies inside; nothing was connected. */
export class AddressRefusedError extends Error {
  readonly code = 'ADDRESS_REFUSED'

  constructor(host: string) {
    super(`${host} is not an address of the public internet`)
    this.name = 'AddressRefusedError'
  }
}

/** Asks DNS for all addresses of a name. */
export type Resolve = (
  host: string,
  done: (error: Error | null, addresses: readonly LookupAddress[]) => void,
) => void

const resolveByDns: Resolve = (host, done) =>
  lookup(host, { all: true, verbatim: true }, (error, found) => done(error, found ?? []))

/**
 * Makes the `lookup` of outgoing connections: the addresses it gives are the ones that were checked, so
 * that a name cannot point outside when it is checked and inside when it is connected (DNS rebinding).
 * node:net does not call it for a host that is an address: check that by `findUrlFault` before.
 */
export function createGuardedLookup({
  allowLoopback = false,
  resolve = resolveByDns,
}: {
  allowLoopback?: boolean
  resolve?: Resolve
} = {}): LookupFunction {
  const allowed = ({ address }: LookupAddress) =>
    isPublicAddress(address) || (allowLoopback && isLoopback(address))
  return (host, options, callback) => {
    resolve(host, (error, addresses) => {
      if (error) return callback(error, '', 0)
      const family = Number(options.family ?? 0)
      const wanted = addresses.filter((each) => family === 0 || isIP(each.address) === family)
      const [first] = wanted
      // One address inside is enough: which of them is connected to would be chance.
      if (!first || !addresses.every(allowed)) return callback(new AddressRefusedError(host), '', 0)
      if (options.all) callback(null, [...wanted])
      else callback(null, first.address, first.family)
    })
  }
}
