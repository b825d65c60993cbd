import type { AccountKeys } from './exchange-account.ts'

const MEMBERS = [
  ...(['account', 'serviceSigningKey', 'operatorSigningSeed'] as const),
  ...(['departmentSecret', 'systemCredentials'] as const),
]

/** @throws Error that names what is missing, and no value. */
export function parseAccountKeys(text: string): AccountKeys {
  let keys: Record<string, unknown>
  try {
    keys = JSON.parse(text) as Record<string, unknown>
  } catch {
    throw new Error('the keys of the NATS account are not JSON')
  }
  for (const member of MEMBERS)
    if (typeof keys[member] !== 'string') throw new Error(`the NATS account keys lack ${member}`)
  return keys as AccountKeys
}
