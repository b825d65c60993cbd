import { isIP } from 'node:net'

import { isLoopback, isPublicAddress } from './address.ts'
import type { createGuardedLookup } from './guarded-lookup.ts'

/** How long DNS may take before the check is left to the connection, in ms. */
const PATIENCE = 2_000

export type UrlRules = {
  /** Lets http and this host itself pass, for local use. */
  allowLoopback?: boolean
  /** Asks DNS too; without it only an address in the URL itself is judged. */
  lookup?: ReturnType<typeof createGuardedLookup>
}

/**
 * Says what is wrong with a URL that others have given for outgoing requests: it must be https without
 * user and fragment, and lead to the public internet. A name that does not resolve at the moment passes,
 * because the guarded lookup checks it again whenever it is connected.
 */
export async function findUrlFault(
  text: string,
  { allowLoopback = false, lookup }: UrlRules = {},
): Promise<string | undefined> {
  if (!URL.canParse(text)) return 'is no URL'
  const { protocol, hostname, username, password, hash } = new URL(text)
  if (protocol !== 'https:' && !(allowLoopback && protocol === 'http:')) return 'is not https'
  if (username !== '' || password !== '') return 'holds a user or a password'
  if (hash !== '') return 'has a fragment'
  const host = hostname.replace(/^\[|\]$/g, '')
  const inside = 'leads to an address that is not of the public internet'
  if (isIP(host) !== 0)
    return isPublicAddress(host) || (allowLoopback && isLoopback(host)) ? undefined : inside
  return lookup && (await leadsInside(host, lookup)) ? inside : undefined
}

function leadsInside(
  host: string,
  lookup: ReturnType<typeof createGuardedLookup>,
): Promise<boolean> {
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve(false), PATIENCE)
    lookup(host, { all: true }, (error) => {
      clearTimeout(late)
      resolve((error as { code?: string } | null)?.code === 'ADDRESS_REFUSED')
    })
  })
}
