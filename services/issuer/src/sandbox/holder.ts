import { type Holder, organisationCodeCheckCharacter, usccCheckCharacter } from '@lexchange/license'

/**
 * Registration authority and category that begin the USCC of a made-up company. GB 32100-2015 has no category 9
 * of authority Y, so that no real company has such a code.
 */
export const SANDBOX_PREFIX = 'Y9'

const ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY'

/** A made-up company of a division; `bytes`: 8 random ones. */
export function sandboxHolder(division: string, bytes: Uint8Array): Holder {
  const base = [...bytes].map((byte) => ALPHABET.charAt(byte % ALPHABET.length)).join('')
  const code = `${SANDBOX_PREFIX}${division}${base}${organisationCodeCheckCharacter(base)}`
  const uscc = code + usccCheckCharacter(code)
  return { kind: 'enterprise', uscc, name: `沙箱企业 ${base} (sandbox)` }
}
